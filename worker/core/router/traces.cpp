#include "core/router/traces.hpp"

#include "core/rtp/extensions.hpp"

namespace sfu {
namespace {

std::optional<std::string> text_or_nothing(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

channel::RtpTrace describe(const rtp::Packet& packet, const Traces::Numbers& numbers, bool rtx) {
  channel::RtpTrace out{.payload_type = numbers.payload_type,
                        .sequence_number = numbers.sequence,
                        .timestamp = numbers.timestamp,
                        .marker = packet.marker,
                        .ssrc = numbers.ssrc,
                        .is_key_frame = packet.frame.key_frame,
                        .size = packet.size,
                        .payload_size = packet.payload.size,
                        .spatial_layer = packet.frame.spatial_layer,
                        .temporal_layer = packet.frame.temporal_layer,
                        .mid = text_or_nothing(rtp::mid(packet)),
                        .rid = text_or_nothing(rtp::rid(packet)),
                        .rrid = text_or_nothing(rtp::repaired_rid(packet)),
                        .is_rtx = rtx};
  if (const auto sequence = rtp::transport_sequence(packet)) out.wide_sequence_number = *sequence;
  return out;
}

}  // namespace

uint64_t Traces::milliseconds_of(Time now) {
  return static_cast<uint64_t>(milliseconds(now.time_since_epoch()));
}

Traces::Numbers Traces::numbers_of(const rtp::Packet& packet) {
  return {packet.payload_type, packet.sequence, packet.timestamp, packet.ssrc};
}

void Traces::packet(uint32_t owner, const rtp::Packet& packet, const Numbers& numbers, Direction direction,
                    bool rtx, Turn& turn) const {
  if (has(Type::kRtp)) tell(owner, Type::kRtp, direction, describe(packet, numbers, rtx), turn);
  if (has(Type::kKeyframe) && packet.frame.key_frame && packet.frame.begins)
    tell(owner, Type::kKeyframe, direction, describe(packet, numbers, rtx), turn);
}

void Traces::probation(uint32_t owner, const rtp::Packet& packet, const Numbers& numbers, Turn& turn) const {
  if (has(Type::kProbation))
    tell(owner, Type::kProbation, Direction::kOut, describe(packet, numbers, true), turn);
}

void Traces::feedback(uint32_t owner, Type type, uint32_t ssrc, Direction direction, Turn& turn) const {
  tell(owner, type, direction, channel::FeedbackTrace{ssrc}, turn);
}

}  // namespace sfu
