#include "core/bwe/arrivals.hpp"

#include <algorithm>
#include <array>

#include "core/rtcp/transport_cc.hpp"

namespace sfu::bwe {
namespace {

constexpr Time kReported = Time::min();
static_assert(Arrivals::kWindow <= int64_t{rtcp::TransportCcReport::kMaxStatuses});

}  // namespace

void Arrivals::on_packet(uint16_t wire, Time arrival, uint32_t media_ssrc) {
  if (!order_.newest() || begins_anew(wire)) start(wire);
  const int64_t sequence = order_.peek(wire);
  if (sequence <= newest() - kWindow) return;
  if (sequence > newest()) move_to(sequence);
  order_.unwrap(wire);
  if (slot(sequence) != kNever) return;
  slot(sequence) = arrival;
  media_ssrc_ = media_ssrc;
  if (owed_++ == 0) owed_since_ = arrival;
  late_ = std::min(late_, sequence);
}

Time Arrivals::deadline() const {
  if (owed_ == 0) return kNever;
  if (newest() - next_ >= kWindow / 2) return owed_since_;
  return owed_since_ + (owed_ > kMany ? kShortInterval : kInterval);
}

bool Arrivals::write_feedback(rtcp::Builder& out, uint32_t sender_ssrc) {
  if (owed_ == 0) return false;
  if (report_late(out, sender_ssrc)) {
    next_ = report(next_, newest() + 1, out, sender_ssrc);
    late_ = next_;
  }
  return owed_ > 0;
}

bool Arrivals::is_owed(int64_t sequence) { return slot(sequence) != kNever && slot(sequence) != kReported; }

// RFC 3550, A.1: after a large step back, two packets in sequence mean that the sender counts anew.
bool Arrivals::begins_anew(uint16_t wire) {
  if (order_.peek(wire) > newest() - kWindow) {
    new_beginning_.reset();
    return false;
  }
  const bool in_sequence = new_beginning_ == wire;
  new_beginning_ = static_cast<uint16_t>(wire + 1);
  return in_sequence;
}

void Arrivals::start(uint16_t wire) {
  slots_.assign(kWindow, kNever);
  order_.reset();
  next_ = late_ = order_.unwrap(wire);
  owed_ = 0;
  new_beginning_.reset();
}

void Arrivals::move_to(int64_t sequence) {
  const int64_t oldest = sequence - kWindow + 1;
  for (int64_t i = std::max(newest() + 1, oldest); i <= sequence; ++i) forget(i);
  next_ = std::max(next_, oldest);
  late_ = std::max(late_, oldest);
}

// Empties the slot, which `sequence` shares with the packet that left the window for it.
void Arrivals::forget(int64_t sequence) {
  if (is_owed(sequence)) --owed_;
  slot(sequence) = kNever;
}

// Messages of packets that are owed only: to name those between would acknowledge them again, or take it
// back. False when they did not all fit.
bool Arrivals::report_late(rtcp::Builder& out, uint32_t sender_ssrc) {
  while (late_ < next_) {
    int64_t end = late_;
    while (end < next_ && is_owed(end)) ++end;
    if (end > late_) late_ = report(late_, end, out, sender_ssrc);
    if (late_ < end) return false;
    ++late_;
  }
  return true;
}

// Reports the packets [first, end), the last of which is owed, in as many messages as that takes; returns
// the first that was not reported.
int64_t Arrivals::report(int64_t first, int64_t end, rtcp::Builder& out, uint32_t sender_ssrc) {
  std::array<Time, kWindow> copy;
  for (int64_t i = first; i < end; ++i) copy[static_cast<size_t>(i - first)] = slot(i);
  std::span<const Time> rest(copy.data(), static_cast<size_t>(end - first));
  while (!rest.empty()) {
    const size_t count = rtcp::TransportCcReport::fitting(rest, out.room());
    const rtcp::TransportCcReport report{.sender_ssrc = sender_ssrc,
                                         .media_ssrc = media_ssrc_,
                                         .base_sequence = static_cast<uint16_t>(first),
                                         .feedback_count = feedback_count_,
                                         .arrivals = rest.first(count)};
    if (count == 0 || !out.add(report)) return first;
    ++feedback_count_;
    for (size_t i = 0; i < count; ++i, ++first) {
      if (rest[i] == kNever) continue;
      slot(first) = kReported;
      --owed_;
    }
    rest = rest.subspan(count);
  }
  return first;
}

}  // namespace sfu::bwe
