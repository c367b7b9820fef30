// Sender report (RFC 3550, 6.4.1): how a stream's timestamps lie in time, and how much was sent of it.
//
//   |V=2|P|    RC   |   PT=SR=200   |             length            |
//   |                         SSRC of sender                        |
//   |              NTP timestamp, most significant word             |
//   |             NTP timestamp, least significant word             |
//   |                         RTP timestamp                         |
//   |                     sender's packet count                     |
//   |                      sender's octet count                     |
//   |                     report blocks (RC of them)               ...
#pragma once

#include "core/base/time.hpp"
#include "core/rtcp/packet.hpp"
#include "core/rtcp/records.hpp"
#include "core/rtcp/report_block.hpp"

namespace sfu::rtcp {

struct SenderReport {
  static constexpr uint8_t kType = 200;

  uint32_t ssrc = 0;
  Ntp ntp;
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;  // of payload
  Records<ReportBlock> blocks;

  static bool matches(const Packet& packet) { return packet.type == kType; }
  static std::optional<SenderReport> parse(const Packet& packet);
  void write(ByteWriter& out) const;  // at most kMaxCount blocks
};

}  // namespace sfu::rtcp
