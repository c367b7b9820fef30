#include "core/srtp/header.hpp"

namespace sfu::srtp {
namespace {

constexpr uint8_t kVersionMask = 0xc0;
constexpr uint8_t kVersion2 = 0x80;
constexpr uint8_t kExtensionFlag = 0x10;
constexpr uint8_t kCsrcCountMask = 0x0f;

bool is_version_2(uint8_t first) { return (first & kVersionMask) == kVersion2; }

}  // namespace

std::optional<RtpHeader> parse_rtp(Profile profile, Bytes packet) {
  Bytes rest = packet;
  const auto fixed = take<12>(rest);
  if (!fixed || !is_version_2(fixed->u8<0>())) return std::nullopt;
  if (!take(rest, size_t{4} * (fixed->u8<0>() & kCsrcCountMask))) return std::nullopt;
  if (fixed->u8<0>() & kExtensionFlag) {
    const auto extension = take<4>(rest);
    if (!extension || !take(rest, size_t{4} * extension->u16<2>())) return std::nullopt;
  }
  if (rest.size() < rtp_overhead(profile)) return std::nullopt;
  return RtpHeader{.sequence = fixed->u16<2>(), .ssrc = fixed->u32<8>(), .size = packet.size() - rest.size()};
}

std::optional<RtcpHeader> parse_rtcp(Profile profile, Bytes packet) {
  if (packet.size() < kRtcpHeader + rtcp_overhead(profile) || !is_version_2(packet[0])) return std::nullopt;
  const uint32_t word = load32(packet.data() + rtcp_index_at(profile, packet.size()));
  if (!(word & kRtcpEncrypted)) return std::nullopt;
  return RtcpHeader{.ssrc = load32(packet.data() + 4), .index = word & kRtcpIndexMask};
}

}  // namespace sfu::srtp
