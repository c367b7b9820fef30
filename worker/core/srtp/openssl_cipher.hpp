// A session key for OpenSSL's EVP interface: one context for the key's life, of which each packet changes
// only the nonce.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>

#include "core/srtp/hmac_sha1.hpp"
#include "core/srtp/parts.hpp"

namespace sfu::srtp {

class OpenSslCipher {
 public:
  OpenSslCipher(Profile profile, const SessionKey& key, size_t tag_size, Direction direction);

  void seal(const Parts& parts);
  // False: not authentic, and what is at parts.out then means nothing.
  bool open(const Parts& parts);

 private:
  void seal_gcm(const Parts& parts);
  bool open_gcm(const Parts& parts);
  void count(const Parts& parts);

  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const;
  };
  std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
  std::optional<HmacSha1> hmac_;  // in AES-CM
  size_t tag_size_;
};

}  // namespace sfu::srtp
