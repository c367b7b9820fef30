// The header that all RTCP packets share (RFC 3550, 6.1 and 6.4.1), and cutting a datagram at it. Whether a
// datagram is a compound one or a reduced-size one (RFC 5506) makes no difference here.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |V=2|P| RC, FMT |      PT       |             length            |
#pragma once

#include "core/base/bytes.hpp"

namespace sfu::rtcp {

inline constexpr uint8_t kTransportFeedback = 205;  // RTPFB (RFC 4585, 6.1)
inline constexpr uint8_t kPayloadFeedback = 206;    // PSFB

// How many records a packet can count in its header's five bits.
inline constexpr size_t kMaxCount = 31;

struct Packet {
  uint8_t type = 0;
  uint8_t count = 0;  // the number of reports, chunks or sources; the format of a feedback message
  Bytes body;         // without header and padding
};

// Whether a datagram is RTCP rather than RTP (RFC 5761, 4).
bool is_rtcp(Bytes datagram);

// The packet at the front of `in`, which then starts behind it; nullopt when there is none.
std::optional<Packet> take_packet(Bytes& in);

// Writes the header, what `body` writes, and zeros up to the next 32-bit boundary.
template <class Body>
void write_packet(ByteWriter& out, uint8_t type, size_t count, Body&& body) {
  const size_t start = out.size();
  out.u8(static_cast<uint8_t>(0x80 | count));
  out.u8(type);
  out.u16(0);
  body();
  out.zeros((4 - (out.size() - start) % 4) % 4);
  out.u16_at(start + 2, static_cast<uint16_t>((out.size() - start) / 4 - 1));
}

}  // namespace sfu::rtcp
