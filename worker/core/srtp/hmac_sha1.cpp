// Copying a SHA_CTX is several times cheaper than restarting an EVP_MAC, and only the functions deprecated in
// OpenSSL 3 offer it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/srtp/hmac_sha1.hpp"

namespace sfu::srtp {
namespace {

SHA_CTX after_pad(const std::array<uint8_t, 20>& key, uint8_t pad) {
  std::array<uint8_t, SHA_CBLOCK> block;
  block.fill(pad);
  for (size_t i = 0; i < key.size(); ++i) block[i] = static_cast<uint8_t>(key[i] ^ pad);
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  return state;
}

}  // namespace

HmacSha1::HmacSha1(const std::array<uint8_t, 20>& key)
    : inner_(after_pad(key, 0x36)), outer_(after_pad(key, 0x5c)) {}

HmacSha1::Tag HmacSha1::tag(Bytes head, Bytes text, uint32_t trailer) const {
  std::array<uint8_t, 4> last;
  store32(last.data(), trailer);
  Tag digest;
  SHA_CTX state = inner_;
  SHA1_Update(&state, head.data(), head.size());
  SHA1_Update(&state, text.data(), text.size());
  SHA1_Update(&state, last.data(), last.size());
  SHA1_Final(digest.data(), &state);
  state = outer_;
  SHA1_Update(&state, digest.data(), digest.size());
  SHA1_Final(digest.data(), &state);
  return digest;
}

}  // namespace sfu::srtp
