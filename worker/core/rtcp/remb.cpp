#include "core/rtcp/remb.hpp"

#include "core/base/check.hpp"

namespace sfu::rtcp {
namespace {

constexpr uint32_t kIdentifier = 0x52454d42;
constexpr uint32_t kMaxMantissa = 0x3ffff;

}  // namespace

bool Remb::matches(const Packet& packet) {
  return packet.type == kPayloadFeedback && packet.count == kFormat && packet.body.size() >= 12 &&
         load32(packet.body.data() + 8) == kIdentifier;
}

std::optional<Remb> Remb::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto head = take<16>(in);
  if (!head) return std::nullopt;
  const uint64_t mantissa = head->u24<13>() & kMaxMantissa;
  const int exponent = head->u8<13>() >> 2;
  const uint64_t bitrate = mantissa << exponent;
  const auto ssrcs = Records<uint32_t>::take(in, head->u8<12>());
  if (!ssrcs || bitrate >> exponent != mantissa) return std::nullopt;
  return Remb{.sender_ssrc = head->u32<0>(), .bitrate = bitrate, .ssrcs = *ssrcs};
}

void Remb::write(ByteWriter& out) const {
  CHECK(ssrcs.size() <= 255);
  uint32_t exponent = 0;
  while (bitrate >> exponent > kMaxMantissa) ++exponent;
  write_packet(out, kPayloadFeedback, kFormat, [&] {
    out.u32(sender_ssrc);
    out.u32(0);
    out.u32(kIdentifier);
    out.u8(static_cast<uint8_t>(ssrcs.size()));
    out.u24(exponent << 18 | static_cast<uint32_t>(bitrate >> exponent));
    ssrcs.write(out);
  });
}

}  // namespace sfu::rtcp
