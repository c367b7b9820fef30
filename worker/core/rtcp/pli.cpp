#include "core/rtcp/pli.hpp"

namespace sfu::rtcp {

std::optional<Pli> Pli::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto head = take<8>(in);
  if (!head) return std::nullopt;
  return Pli{head->u32<0>(), head->u32<4>()};
}

void Pli::write(ByteWriter& out) const {
  write_packet(out, kPayloadFeedback, kFormat, [&] {
    out.u32(sender_ssrc);
    out.u32(media_ssrc);
  });
}

}  // namespace sfu::rtcp
