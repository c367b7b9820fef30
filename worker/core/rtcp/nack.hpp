// Generic NACK (RFC 4585, 6.2.1): packets that a receiver misses. Each item names one packet and, in a
// bit mask, any of the sixteen that follow it.
//
//   |V=2|P|  FMT=1  |  PT=RTPFB=205 |             length            |
//   |                  SSRC of packet sender                        |
//   |                  SSRC of media source                         |
//   |            PID                |             BLP               |
#pragma once

#include <concepts>

#include "core/rtcp/builder.hpp"
#include "core/rtcp/packet.hpp"

namespace sfu::rtcp {

class LostPackets {
 public:
  LostPackets() = default;
  // Best in ascending order, which may wrap: then neighbours share an item.
  template <class Range>
  requires std::convertible_to<const Range&, std::span<const uint16_t>> LostPackets(const Range& sequences)
      : sequences_(sequences) {}
  static LostPackets on_wire(Bytes items);

  template <class Visit>
  void each(Visit&& visit) const {
    for (const uint16_t sequence : sequences_) visit(sequence);
    for (Bytes rest = wire_; const auto item = take<4>(rest);) {
      visit(item->u16<0>());
      for (int bit = 0; bit < 16; ++bit)
        if (item->u16<2>() >> bit & 1) visit(static_cast<uint16_t>(item->u16<0>() + bit + 1));
    }
  }
  void write(ByteWriter& out) const;

 private:
  std::span<const uint16_t> sequences_;  // the caller's, or
  Bytes wire_;                           // the received items
};

struct Nack {
  static constexpr uint8_t kFormat = 1;
  // So many sequence numbers, however far apart, fit an empty Builder.
  static constexpr size_t kAlwaysFit = (Builder::kMaxSize - 12) / 4;

  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  LostPackets lost;

  static bool matches(const Packet& packet) {
    return packet.type == kTransportFeedback && packet.count == kFormat;
  }
  static std::optional<Nack> parse(const Packet& packet);
  void write(ByteWriter& out) const;
};

}  // namespace sfu::rtcp
