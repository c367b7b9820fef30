#include "core/rtcp/bye.hpp"

#include "core/base/check.hpp"

namespace sfu::rtcp {

std::optional<Bye> Bye::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto ssrcs = Records<uint32_t>::take(in, packet.count);
  if (!ssrcs) return std::nullopt;
  Bye bye{.ssrcs = *ssrcs, .reason = {}};
  if (const auto size = take<1>(in)) {
    const auto reason = take(in, size->u8<0>());
    if (!reason) return std::nullopt;
    bye.reason = as_text(*reason);
  }
  return bye;
}

void Bye::write(ByteWriter& out) const {
  CHECK(ssrcs.size() <= kMaxCount && reason.size() <= 255);
  write_packet(out, kType, ssrcs.size(), [&] {
    ssrcs.write(out);
    if (reason.empty()) return;
    out.u8(static_cast<uint8_t>(reason.size()));
    out.bytes(as_bytes(reason));
  });
}

}  // namespace sfu::rtcp
