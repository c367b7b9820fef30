#include "load/sinks.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/rtp/parse.hpp"
#include "load/stamp.hpp"

namespace sfu::load {
namespace {

constexpr size_t kHeader = 12;

// Where the payload begins (RFC 3550, 5.1 and 5.3.1); nullopt when it is no RTP packet.
std::optional<size_t> payload_of(Bytes packet) {
  if (packet.size() < kHeader) return std::nullopt;
  size_t at = kHeader + 4u * (packet[0] & 0x0f);
  if (packet[0] & 0x10) {
    if (packet.size() < at + 4) return std::nullopt;
    at += 4 + 4u * load16(packet.data() + at + 2);
  }
  return at <= packet.size() ? std::optional(at) : std::nullopt;
}

}  // namespace

void Sinks::receive(uint32_t consumer, Bytes packet, Time arrived) {
  Sink& sink = sinks_.at(consumer);
  ++stats_.packets;
  stats_.bytes += packet.size();
  const auto begin = payload_of(packet);
  const auto stamp = begin ? Stamp::read(packet.subspan(*begin)) : std::nullopt;
  if (!stamp) {
    ++stats_.corrupt;
    return;
  }
  // Of a stream with layers some packets are left out on purpose: then RTP's numbers tell of loss.
  if (stamp->whole)
    count(sink, stamp->stream, stamp->index);
  else
    count(sink, 0, load16(packet.data() + 2));
  ++delays_[bucket_of(arrived - stamp->made)];
}

void Sinks::count(Sink& sink, uint32_t stream, uint32_t number) {
  // Sequence numbers wrap, and indices never come so far apart.
  const int32_t ahead = sink.next ? static_cast<int16_t>(static_cast<uint16_t>(number - *sink.next)) : 0;
  const bool same = sink.stream == stream;
  if (same && ahead < 0) ++stats_.repeated;
  if (same && ahead > 0) stats_.missing += static_cast<uint32_t>(ahead);
  if (!same || ahead >= 0) sink = {stream, number + 1};
}

channel::SinkStats Sinks::take() {
  channel::SinkStats out = std::exchange(stats_, {});
  for (size_t i = 0; i < kBuckets; ++i)
    if (delays_[i] > 0) out.delays.push_back({upper_bound(i), delays_[i]});
  delays_.fill(0);
  return out;
}

size_t Sinks::bucket_of(Duration delay) {
  const auto us = static_cast<uint64_t>(std::max<int64_t>(delay.count(), 0));
  if (us < kFine) return static_cast<size_t>(us);
  const auto doubling = static_cast<size_t>(std::bit_width(us)) - 7;  // 64 to 127: the first
  const size_t step = static_cast<size_t>(us >> (doubling + 1)) - kSteps;
  return std::min(kFine + doubling * kSteps + step, kBuckets - 1);
}

uint32_t Sinks::upper_bound(size_t bucket) {
  if (bucket < kFine) return static_cast<uint32_t>(bucket);
  const size_t doubling = (bucket - kFine) / kSteps, step = (bucket - kFine) % kSteps;
  return static_cast<uint32_t>(((step + kSteps + 1) << (doubling + 1)) - 1);
}

}  // namespace sfu::load
