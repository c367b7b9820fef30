// SRTP protection profiles (RFC 5764, 4.1.2; RFC 7714, 14.2) and what follows from each: key sizes, and how
// much longer a sealed packet is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sfu::srtp {

enum class Profile : uint8_t {
  kAeadAes128Gcm,
  kAeadAes256Gcm,
  kAesCm128HmacSha1_80,
  kAesCm128HmacSha1_32,
};

constexpr bool is_aead(Profile profile) {
  return profile == Profile::kAeadAes128Gcm || profile == Profile::kAeadAes256Gcm;
}
constexpr size_t key_size(Profile profile) { return profile == Profile::kAeadAes256Gcm ? 32 : 16; }
constexpr size_t salt_size(Profile profile) { return is_aead(profile) ? 12 : 14; }

constexpr size_t rtp_tag_size(Profile profile) {
  if (is_aead(profile)) return 16;
  return profile == Profile::kAesCm128HmacSha1_32 ? 4 : 10;
}
// RFC 5764, 4.1.2: the short tag is for RTP only.
constexpr size_t rtcp_tag_size(Profile profile) { return is_aead(profile) ? 16 : 10; }

constexpr size_t rtp_overhead(Profile profile) { return rtp_tag_size(profile); }
// The tag, and the word of E flag and SRTCP index (RFC 3711, 3.4).
constexpr size_t rtcp_overhead(Profile profile) { return rtcp_tag_size(profile) + 4; }

// One direction's master key and salt as DTLS exports them (RFC 5764, 4.2): the first key_size() and
// salt_size() bytes count.
struct Master {
  std::array<uint8_t, 32> key{};
  std::array<uint8_t, 14> salt{};
};

}  // namespace sfu::srtp
