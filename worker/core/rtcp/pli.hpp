// Picture loss indication (RFC 4585, 6.3.1): the receiver cannot decode and asks for a key frame.
//
//   |V=2|P|  FMT=1  |  PT=PSFB=206  |           length=2            |
//   |                  SSRC of packet sender                        |
//   |                  SSRC of media source                         |
#pragma once

#include "core/rtcp/packet.hpp"

namespace sfu::rtcp {

struct Pli {
  static constexpr uint8_t kFormat = 1;

  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;

  static bool matches(const Packet& packet) {
    return packet.type == kPayloadFeedback && packet.count == kFormat;
  }
  static std::optional<Pli> parse(const Packet& packet);
  void write(ByteWriter& out) const;
};

}  // namespace sfu::rtcp
