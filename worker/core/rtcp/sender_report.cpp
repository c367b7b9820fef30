#include "core/rtcp/sender_report.hpp"

#include "core/base/check.hpp"

namespace sfu::rtcp {

std::optional<SenderReport> SenderReport::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto head = take<24>(in);
  if (!head) return std::nullopt;
  const auto blocks = Records<ReportBlock>::take(in, packet.count);
  if (!blocks) return std::nullopt;
  return SenderReport{.ssrc = head->u32<0>(),
                      .ntp = {head->u64<4>()},
                      .rtp_timestamp = head->u32<12>(),
                      .packets = head->u32<16>(),
                      .octets = head->u32<20>(),
                      .blocks = *blocks};
}

void SenderReport::write(ByteWriter& out) const {
  CHECK(blocks.size() <= kMaxCount);
  write_packet(out, kType, blocks.size(), [&] {
    out.u32(ssrc);
    out.u64(ntp.value);
    out.u32(rtp_timestamp);
    out.u32(packets);
    out.u32(octets);
    blocks.write(out);
  });
}

}  // namespace sfu::rtcp
