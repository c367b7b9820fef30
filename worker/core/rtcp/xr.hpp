// Extended report (RFC 3611): by a receiver's reference time (4.4) and its echo (DLRR, 4.5) somebody who
// sends no media learns his round-trip time. Other blocks are skipped; of several alike the last counts.
//
//   |V=2|P|reserved |   PT=XR=207   |             length            |
//   |                              SSRC                             |
//   |     BT=4      |   reserved    |       block length = 2        |
//   |              NTP timestamp, most significant word             |
//   |             NTP timestamp, least significant word             |
//   |     BT=5      |   reserved    |         block length          |
//   |                 SSRC_1 (SSRC of first receiver)               |
//   |                         last RR (LRR)                         |
//   |                   delay since last RR (DLRR)                 ...
#pragma once

#include "core/base/time.hpp"
#include "core/rtcp/packet.hpp"
#include "core/rtcp/records.hpp"

namespace sfu::rtcp {

struct Dlrr {
  static constexpr size_t kSize = 12;

  uint32_t ssrc = 0;
  uint32_t last_rr = 0;  // the middle of the reference time's NTP time; 0: none came
  uint32_t delay_since_last_rr = 0;

  static Dlrr parse(Fixed<kSize> in) { return {in.u32<0>(), in.u32<4>(), in.u32<8>()}; }
  void write(ByteWriter& out) const;
  friend bool operator==(const Dlrr&, const Dlrr&) = default;
};

struct Xr {
  static constexpr uint8_t kType = 207;

  uint32_t ssrc = 0;
  std::optional<Ntp> reference_time;
  Records<Dlrr> dlrr;

  static bool matches(const Packet& packet) { return packet.type == kType; }
  static std::optional<Xr> parse(const Packet& packet);
  void write(ByteWriter& out) const;
};

}  // namespace sfu::rtcp
