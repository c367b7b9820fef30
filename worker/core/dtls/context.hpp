// What all DTLS sessions with one certificate share: versions, ciphers, groups and SRTP profiles (RFC 8827,
// 6.5). Built once; sessions keep what they need of it alive.
#pragma once

#include <array>
#include <span>

#include "core/dtls/certificate.hpp"
#include "core/srtp/profile.hpp"

namespace sfu::dtls {

// GCM costs a third of AES-CM with HMAC-SHA1.
inline constexpr std::array kPreferredProfiles{srtp::Profile::kAeadAes128Gcm, srtp::Profile::kAeadAes256Gcm,
                                               srtp::Profile::kAesCm128HmacSha1_80,
                                               srtp::Profile::kAesCm128HmacSha1_32};

class Context {
 public:
  // As server we choose the first of `profiles` that the client has too; as client we offer them.
  explicit Context(Certificate certificate, std::span<const srtp::Profile> profiles = kPreferredProfiles);

  const Certificate& certificate() const { return certificate_; }
  // An association that accepts a peer whose certificate has one of `*fingerprints`, or any peer while there
  // are none. The pointer must stay good as long as the association.
  SslPtr make_ssl(const std::vector<Fingerprint>* fingerprints) const;

 private:
  Certificate certificate_;
  SslContextPtr context_;
};

}  // namespace sfu::dtls
