#include "core/rtcp/receiver_report.hpp"

#include "core/base/check.hpp"

namespace sfu::rtcp {

std::optional<ReceiverReport> ReceiverReport::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto head = take<4>(in);
  if (!head) return std::nullopt;
  const auto blocks = Records<ReportBlock>::take(in, packet.count);
  if (!blocks) return std::nullopt;
  return ReceiverReport{.ssrc = head->u32<0>(), .blocks = *blocks};
}

void ReceiverReport::write(ByteWriter& out) const {
  CHECK(blocks.size() <= kMaxCount);
  write_packet(out, kType, blocks.size(), [&] {
    out.u32(ssrc);
    blocks.write(out);
  });
}

}  // namespace sfu::rtcp
