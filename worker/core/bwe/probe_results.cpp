#include "core/bwe/probe_results.hpp"

#include <algorithm>

namespace sfu::bwe {
namespace {

// Packets that left within it left at once.
constexpr Duration kAtOnce = 1ms;

}  // namespace

void ProbeResults::expect(const Probe& probe, Time now) {
  probe_ = probe;
  expected_ = now;
  reported_packets_ = 0;
  reported_bytes_ = 0;
  received_.clear();
}

void ProbeResults::add(const PacketResult& result) {
  if (!probe_ || result.sent.probe != probe_->cluster || is_complete()) return;
  if (!result.was_lost) {
    ++reported_packets_;
    reported_bytes_ += result.sent.size;
  }
  if (result.arrived) received_.push_back(result);
}

bool ProbeResults::is_complete() const {
  return reported_packets_ >= probe_->packets && reported_bytes_ >= probe_->bytes;
}

std::optional<ProbeOutcome> ProbeResults::take(Time now) {
  if (!probe_ || (!is_complete() && now < deadline())) return std::nullopt;
  const ProbeOutcome outcome = measure();
  probe_.reset();
  received_.clear();
  return outcome;
}

ProbeOutcome ProbeResults::measure() const {
  ProbeOutcome out{*probe_, std::nullopt, false};
  const auto needed = static_cast<double>(probe_->packets) * kMinShare;
  if (received_.size() < kMinReceived || static_cast<double>(received_.size()) < needed) return out;
  if (is_reordered()) return out;
  const Bitrate sent = sent_at();
  const Bitrate arrived = arrived_at();
  if (sent == kUnlimited || arrived == kUnlimited || arrived > sent * kCompressed) return out;
  out.saturated = arrived < sent * kSaturated;
  out.measured = out.saturated ? arrived * kMargin : std::min(sent, arrived);
  return out;
}

bool ProbeResults::is_reordered() const {
  const auto [first, last] = std::ranges::minmax(received_, {}, &PacketResult::arrived);
  Duration back{};
  for (size_t i = 1; i < received_.size(); ++i)
    back = std::max(back, *received_[i - 1].arrived - *received_[i].arrived);
  return seconds(back) > kReordered * seconds(*last.arrived - *first.arrived);
}

// The packets that left last are the end of the span, not part of what left in it.
Bitrate ProbeResults::sent_at() const {
  const auto [first, last] = std::ranges::minmax(received_, {}, [](const auto& r) { return r.sent.sent; });
  int64_t bytes = 0;
  for (const PacketResult& result : received_)
    if (result.sent.sent < last.sent.sent - kAtOnce) bytes += result.sent.size;
  return Bitrate::of(bytes, last.sent.sent - first.sent.sent);
}

Bitrate ProbeResults::arrived_at() const {
  const auto [first, last] = std::ranges::minmax(received_, {}, &PacketResult::arrived);
  int64_t bytes = -int64_t{first.sent.size};
  for (const PacketResult& result : received_) bytes += result.sent.size;
  return Bitrate::of(bytes, *last.arrived - *first.arrived);
}

}  // namespace sfu::bwe
