// HMAC-SHA1 (RFC 2104) of one key. What depends on the key alone is hashed once, at construction.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdint>

#include "core/base/bytes.hpp"

namespace sfu::srtp {

class HmacSha1 {
 public:
  using Tag = std::array<uint8_t, 20>;
  using State = std::array<uint32_t, 5>;

  explicit HmacSha1(const std::array<uint8_t, 20>& key);
  // Of `head`, `text` and the big-endian `trailer`, in a row.
  Tag tag(Bytes head, Bytes text, uint32_t trailer) const;
  // SHA-1's state after the key's inner and outer pad.
  State inner() const { return {inner_.h0, inner_.h1, inner_.h2, inner_.h3, inner_.h4}; }
  State outer() const { return {outer_.h0, outer_.h1, outer_.h2, outer_.h3, outer_.h4}; }

 private:
  SHA_CTX inner_;
  SHA_CTX outer_;
};

}  // namespace sfu::srtp
