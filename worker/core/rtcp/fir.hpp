// Full intra request (RFC 5104, 4.3.1): a command to send a key frame. A request that repeats the number
// of the one before it is the same request.
//
//   |V=2|P|  FMT=4  |  PT=PSFB=206  |             length            |
//   |                  SSRC of packet sender                        |
//   |                  SSRC of media source (unused) = 0            |
//   |                              SSRC                             |
//   |    Seq nr.    |    Reserved = 0                               |
#pragma once

#include "core/rtcp/packet.hpp"
#include "core/rtcp/records.hpp"

namespace sfu::rtcp {

struct FirRequest {
  static constexpr size_t kSize = 8;

  uint32_t ssrc = 0;
  uint8_t number = 0;

  static FirRequest parse(Fixed<kSize> in) { return {in.u32<0>(), in.u8<4>()}; }
  void write(ByteWriter& out) const;
  friend bool operator==(const FirRequest&, const FirRequest&) = default;
};

struct Fir {
  static constexpr uint8_t kFormat = 4;

  uint32_t sender_ssrc = 0;
  Records<FirRequest> requests;

  static bool matches(const Packet& packet) {
    return packet.type == kPayloadFeedback && packet.count == kFormat;
  }
  static std::optional<Fir> parse(const Packet& packet);
  void write(ByteWriter& out) const;
};

}  // namespace sfu::rtcp
