#include "core/bwe/sent_packets.hpp"

#include <algorithm>

namespace sfu::bwe {
namespace {

// RFC 8888, 3.1: longer ago than can be said; the time is not known.
constexpr uint16_t kTooLongAgo = 0x1ffe;

// `units` of 1/`hertz` s.
Duration ticks(int64_t units, int64_t hertz) { return Duration(units * 1'000'000 / hertz); }

}  // namespace

bool ReceiverTimeline::follows(Duration receiver, Time now) const { return at(receiver, now).has_value(); }

std::optional<Time> ReceiverTimeline::at(Duration receiver, Time now) const {
  if (!offset_) return std::nullopt;
  const Time at = Time(receiver + *offset_);
  return std::chrono::abs(at - now) <= kPlausible ? std::optional(at) : std::nullopt;
}

void SentPackets::grow() {
  std::vector<Slot> larger(slots_.empty() ? kMinCapacity : slots_.size() * 2);
  for (int64_t i = oldest_; i < next_; ++i)
    larger[static_cast<size_t>(i) & (larger.size() - 1)] = slots_[index(i)];
  slots_ = std::move(larger);
}

void SentPackets::forget(int64_t sequence, const Slot& slot) {
  settle(sequence, slot);
  oldest_ = sequence + 1;
}

void SentPackets::settle(int64_t sequence, const Slot& slot) {
  if (sequence <= settled_) return;
  settled_ = sequence;
  settled_total_ = slot.total;
}

// The packet that was last sent with this number, if it is remembered.
std::optional<int64_t> SentPackets::find(uint16_t wire) const {
  const int64_t newest = next_ - 1;
  const int64_t sequence = newest - static_cast<uint16_t>(static_cast<uint16_t>(newest) - wire);
  if (!is_stored(sequence)) return std::nullopt;
  return sequence;
}

void SentPackets::begin_results() {
  results_.clear();
  rtt_.reset();
}

void SentPackets::receive(int64_t sequence, std::optional<Time> arrived, Time now) {
  Slot& slot = slots_[index(sequence)];
  if (slot.state == State::kReceived) return;
  if (sequence > settled_) rtt_ = now - slot.packet.sent;
  settle(sequence, slot);
  // Received, but nobody knows when: neither the loss nor the delay can be told from that.
  if (arrived) report(slot, arrived);
  slot.state = State::kReceived;
}

void SentPackets::lose(int64_t sequence) {
  Slot& slot = slots_[index(sequence)];
  if (slot.state != State::kUnderWay) return;
  settle(sequence, slot);
  report(slot, std::nullopt);
  slot.state = State::kLost;
}

void SentPackets::report(const Slot& slot, std::optional<Time> arrived) {
  PacketResult& result = results_.emplace_back();
  result.sent = slot.packet;
  result.arrived = arrived;
  result.was_lost = slot.state == State::kLost;
}

std::span<const PacketResult> SentPackets::on_feedback(const rtcp::TransportCc& feedback, Time now) {
  begin_results();
  Duration reference = reference_.unwrap(feedback.reference_time);
  if (!transport_cc_time_.follows(reference, now)) {
    reference_ = {};
    reference = reference_.unwrap(feedback.reference_time);
    transport_cc_time_.begin(reference, now);
  }
  feedback.each([&](const rtcp::TransportCc::Status& status) {
    const auto sequence = find(status.sequence);
    if (!sequence) return;
    if (!status.received) return lose(*sequence);
    receive(*sequence, transport_cc_time_.at(reference + status.since_reference, now), now);
  });
  return results_;
}

// One walk over what is remembered finds the packets in the order of sending, and needs no index of them.
std::span<const PacketResult> SentPackets::on_feedback(const rtcp::Ccfb& feedback, Time now) {
  begin_results();
  Duration written = ticks(report_time_.unwrap(feedback.report_timestamp), 65'536);
  if (!ccfb_time_.follows(written, now)) {
    report_time_.reset();
    written = ticks(report_time_.unwrap(feedback.report_timestamp), 65'536);
    ccfb_time_.begin(written, now);
  }
  sort_streams(feedback);
  for (int64_t sequence = oldest_; sequence < next_ && !streams_.empty(); ++sequence) {
    const auto status = status_of(slots_[index(sequence)].packet);
    if (!status) continue;
    if (!status->received) {
      lose(sequence);
    } else if (status->arrival_offset >= kTooLongAgo) {
      receive(sequence, std::nullopt, now);
    } else {
      receive(sequence, ccfb_time_.at(written - ticks(status->arrival_offset, 1024), now), now);
    }
  }
  return results_;
}

void SentPackets::sort_streams(const rtcp::Ccfb& feedback) {
  streams_.clear();
  for (Bytes rest = feedback.streams; const auto stream = rtcp::Ccfb::Stream::take(rest);)
    streams_.push_back({stream->ssrc, *stream});
  std::ranges::stable_sort(streams_, {}, &Stream::ssrc);
}

// The first report of its stream counts: RFC 8888 allows one.
std::optional<rtcp::Ccfb::Status> SentPackets::status_of(const SentPacket& packet) const {
  const auto stream = std::ranges::lower_bound(streams_, packet.ssrc, {}, &Stream::ssrc);
  if (stream == streams_.end() || stream->ssrc != packet.ssrc) return std::nullopt;
  const auto at = static_cast<uint16_t>(packet.rtp_sequence - stream->reports.begin_sequence);
  if (at >= stream->reports.reports.size() / 2) return std::nullopt;
  return stream->reports.status(at);
}

}  // namespace sfu::bwe
