// Goodbye (RFC 3550, 6.6): these sources send no more.
//
//   |V=2|P|    SC   |   PT=BYE=203  |             length            |
//   |                           SSRC/CSRC                           |
//   |                               ...                             |
//   |     length    |               reason for leaving             ...
#pragma once

#include "core/rtcp/packet.hpp"
#include "core/rtcp/records.hpp"

namespace sfu::rtcp {

struct Bye {
  static constexpr uint8_t kType = 203;

  Records<uint32_t> ssrcs;
  std::string_view reason;

  static bool matches(const Packet& packet) { return packet.type == kType; }
  static std::optional<Bye> parse(const Packet& packet);
  void write(ByteWriter& out) const;  // at most kMaxCount sources, and 255 bytes of reason
};

}  // namespace sfu::rtcp
