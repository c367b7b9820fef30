// What SRTP has to read of a packet before it knows that it is authentic: how long the part that is not
// encrypted is, the sequence number or SRTCP index, and the SSRC.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.hpp"
#include "core/srtp/profile.hpp"

namespace sfu::srtp {

struct RtpHeader {
  uint16_t sequence = 0;
  uint32_t ssrc = 0;
  size_t size = 0;  // with CSRCs and header extension
};

struct RtcpHeader {
  uint32_t ssrc = 0;
  uint32_t index = 0;
};

inline constexpr size_t kRtcpHeader = 8;
inline constexpr uint32_t kRtcpEncrypted = 0x80000000;
inline constexpr uint32_t kRtcpIndexMask = 0x7fffffff;

// Where the word of E flag and index lies in an SRTCP packet (RFC 3711, 3.4; RFC 7714, 9.2).
constexpr size_t rtcp_index_at(Profile profile, size_t packet_size) {
  return packet_size - (is_aead(profile) ? 4 : rtcp_overhead(profile));
}

// nullopt: not a sealed packet of this profile, or its lengths do not fit into it.
std::optional<RtpHeader> parse_rtp(Profile profile, Bytes packet);
// Also nullopt when the E flag is off: our profiles always encrypt (RFC 5764, 4.1.2).
std::optional<RtcpHeader> parse_rtcp(Profile profile, Bytes packet);

}  // namespace sfu::srtp
