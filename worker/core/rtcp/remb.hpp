// Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03, 2.2): an application layer feedback
// message (RFC 4585, 6.4) by which a receiver limits what it is sent.
//
//   |V=2|P| FMT=15  |  PT=PSFB=206  |             length            |
//   |                  SSRC of packet sender                        |
//   |                  SSRC of media source (unused) = 0            |
//   |  Unique identifier 'R' 'E' 'M' 'B'                            |
//   |  Num SSRC     | BR Exp    |  BR Mantissa                      |
//   |   SSRC feedback                                              ...
#pragma once

#include "core/rtcp/packet.hpp"
#include "core/rtcp/records.hpp"

namespace sfu::rtcp {

struct Remb {
  static constexpr uint8_t kFormat = 15;

  uint32_t sender_ssrc = 0;
  uint64_t bitrate = 0;  // bits a second; written rounded down to 18 significant bits
  Records<uint32_t> ssrcs;

  static bool matches(const Packet& packet);
  static std::optional<Remb> parse(const Packet& packet);
  void write(ByteWriter& out) const;  // at most 255 sources
};

}  // namespace sfu::rtcp
