// The certificate that a worker shows to all its peers, and its private key. Peers know it by its
// fingerprint: nobody checks who signed it or when (RFC 5763, 5).
#pragma once

#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/dtls/fingerprint.hpp"
#include "core/dtls/openssl.hpp"

namespace sfu::dtls {

class Certificate {
 public:
  // ECDSA P-256, signed by itself.
  static Certificate generate();
  // The user's, both in PEM. Of several certificates the first counts.
  static Result<Certificate> from_pem(std::string_view certificate, std::string_view private_key);

  // One for each hash algorithm.
  const std::vector<Fingerprint>& fingerprints() const { return fingerprints_; }
  const Fingerprint& fingerprint(HashAlgorithm algorithm) const {
    return fingerprints_[static_cast<size_t>(algorithm)];
  }
  // Has `context` use it; false when OpenSSL refuses, as it does with weak keys.
  bool install(SSL_CTX* context) const;

 private:
  Certificate(X509Ptr certificate, KeyPtr key);

  X509Ptr certificate_;
  KeyPtr key_;
  std::vector<Fingerprint> fingerprints_;
};

}  // namespace sfu::dtls
