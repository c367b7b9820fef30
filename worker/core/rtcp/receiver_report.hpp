// Receiver report (RFC 3550, 6.4.2): what was received of other participants' streams.
//
//   |V=2|P|    RC   |   PT=RR=201   |             length            |
//   |                     SSRC of packet sender                     |
//   |                     report blocks (RC of them)               ...
#pragma once

#include "core/rtcp/packet.hpp"
#include "core/rtcp/records.hpp"
#include "core/rtcp/report_block.hpp"

namespace sfu::rtcp {

struct ReceiverReport {
  static constexpr uint8_t kType = 201;

  uint32_t ssrc = 0;
  Records<ReportBlock> blocks;

  static bool matches(const Packet& packet) { return packet.type == kType; }
  static std::optional<ReceiverReport> parse(const Packet& packet);
  void write(ByteWriter& out) const;  // at most kMaxCount blocks
};

}  // namespace sfu::rtcp
