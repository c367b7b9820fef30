#include "core/rtcp/fir.hpp"

namespace sfu::rtcp {

void FirRequest::write(ByteWriter& out) const {
  out.u32(ssrc);
  out.u8(number);
  out.u24(0);
}

std::optional<Fir> Fir::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto head = take<8>(in);
  if (!head || in.empty() || in.size() % FirRequest::kSize != 0) return std::nullopt;
  return Fir{head->u32<0>(), *Records<FirRequest>::take(in, in.size() / FirRequest::kSize)};
}

void Fir::write(ByteWriter& out) const {
  write_packet(out, kPayloadFeedback, kFormat, [&] {
    out.u32(sender_ssrc);
    out.u32(0);
    requests.write(out);
  });
}

}  // namespace sfu::rtcp
