#include "core/rtcp/packet.hpp"

namespace sfu::rtcp {
namespace {

constexpr uint8_t kPadding = 0x20;

// RFC 3550 wants a multiple of four in the last packet only; Chromium pads feedback by one to three bytes
// wherever it stands.
std::optional<Bytes> without_padding(Bytes body) {
  if (body.empty()) return std::nullopt;
  const size_t padding = body.back();
  if (padding == 0 || padding > body.size()) return std::nullopt;
  return body.first(body.size() - padding);
}

}  // namespace

bool is_rtcp(Bytes datagram) {
  return datagram.size() >= 4 && datagram[0] >> 6 == 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

std::optional<Packet> take_packet(Bytes& in) {
  const auto head = take<4>(in);
  if (!head || head->u8<0>() >> 6 != 2) return std::nullopt;
  std::optional<Bytes> body = take(in, size_t{head->u16<2>()} * 4);
  if (body && (head->u8<0>() & kPadding)) body = without_padding(*body);
  if (!body) return std::nullopt;
  return Packet{head->u8<1>(), static_cast<uint8_t>(head->u8<0>() & kMaxCount), *body};
}

}  // namespace sfu::rtcp
