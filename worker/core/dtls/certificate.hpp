// The certificate that we show in DTLS handshakes: an ECDSA P-256 one of our own making, or the user's. A
// WebRTC peer checks its fingerprint, which signalling carries (RFC 8122, 5).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

struct x509_st;
struct evp_pkey_st;

namespace sfu::dtls {

enum class HashAlgorithm : uint8_t { kSha1, kSha224, kSha256, kSha384, kSha512 };
std::string_view name_of(HashAlgorithm algorithm);  // "sha-256"
std::optional<HashAlgorithm> hash_algorithm(std::string_view name);

struct Fingerprint {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  std::string value;  // upper-case hexadecimal pairs with colons
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

class Certificate {
 public:
  // Self-signed, with a fresh key.
  static Certificate generate();
  // PEM texts. The error names dtlsCertificateFile or dtlsPrivateKeyFile.
  static Result<Certificate> from_pem(const std::string& certificate, const std::string& private_key);

  // One for each algorithm.
  const std::vector<Fingerprint>& fingerprints() const { return fingerprints_; }
  x509_st* x509() const { return certificate_.get(); }
  evp_pkey_st* key() const { return key_.get(); }

 private:
  struct Free {
    void operator()(x509_st* certificate) const;
    void operator()(evp_pkey_st* key) const;
  };
  Certificate(x509_st* certificate, evp_pkey_st* key);

  std::unique_ptr<x509_st, Free> certificate_;
  std::unique_ptr<evp_pkey_st, Free> key_;
  std::vector<Fingerprint> fingerprints_;
};

// Of a remote's certificate.
std::string fingerprint_value(x509_st* certificate, HashAlgorithm algorithm);

}  // namespace sfu::dtls
