// One packet as a cipher sees it, RTP and RTCP alike; and the nonce that it is sealed under.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "core/base/bytes.hpp"
#include "core/srtp/key_derivation.hpp"

namespace sfu::srtp {

enum class Direction : uint8_t { kSeal, kOpen };

using Nonce = std::array<uint8_t, 16>;

struct Parts {
  Nonce nonce;       // AEAD takes the first 12 bytes
  Bytes associated;  // authenticated, not encrypted; in AES-CM it lies directly before `out`
  const uint8_t* in = nullptr;
  uint8_t* out = nullptr;  // `in`, or elsewhere
  size_t size = 0;
  uint32_t trailer = 0;  // AES-CM authenticates it behind the ciphertext: ROC, or E flag and SRTCP index
  uint8_t* tag = nullptr;
};

// RFC 3711, 4.1.1 (AES-CM) and RFC 7714, 8.1 and 9.1 (AEAD): SSRC and a 48-bit index, XORed with the salt.
// An SRTCP index fills the lower 31 of the 48 bits.
inline Nonce make_nonce(bool aead, const Salt& salt, uint32_t ssrc, uint64_t index) {
  Nonce nonce{};
  std::memcpy(nonce.data(), salt.data(), salt.size());
  uint8_t* at = nonce.data() + (aead ? 2 : 4);
  store64(at, load64(at) ^ (uint64_t{ssrc} << 32 | (index >> 16 & 0xffffffff)));
  store16(at + 8, static_cast<uint16_t>(load16(at + 8) ^ (index & 0xffff)));
  return nonce;
}

}  // namespace sfu::srtp
