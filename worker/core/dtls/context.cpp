#include "core/dtls/context.hpp"

#include "core/base/check.hpp"

namespace sfu::dtls {
namespace {

// With ECDSA or RSA certificates, the latter for users who bring their own.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kGroups = "X25519:P-256:P-384";

std::string name_of(srtp::Profile profile) {
  switch (profile) {
    case srtp::Profile::kAeadAes128Gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case srtp::Profile::kAeadAes256Gcm:
      return "SRTP_AEAD_AES_256_GCM";
    case srtp::Profile::kAesCm128HmacSha1_80:
      return "SRTP_AES128_CM_SHA1_80";
    case srtp::Profile::kAesCm128HmacSha1_32:
      break;
  }
  return "SRTP_AES128_CM_SHA1_32";
}

std::string names_of(std::span<const srtp::Profile> profiles) {
  std::string names;
  for (const srtp::Profile profile : profiles) names += (names.empty() ? "" : ":") + name_of(profile);
  return names;
}

// Instead of a chain of trust: the fingerprint that came through signalling, if it is here already.
int verify(X509_STORE_CTX* store, void*) {
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* fingerprints = static_cast<const std::vector<Fingerprint>*>(SSL_get_app_data(ssl));
  if (fingerprints->empty() || matches(X509_STORE_CTX_get0_cert(store), *fingerprints)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace

Context::Context(Certificate certificate, std::span<const srtp::Profile> profiles)
    : certificate_(std::move(certificate)), context_(SSL_CTX_new(DTLS_method())) {
  SSL_CTX* context = context_.get();
  CHECK(context && certificate_.install(context));
  CHECK(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_cipher_list(context, kCiphers) == 1);
  CHECK(SSL_CTX_set1_groups_list(context, kGroups) == 1);
  CHECK(SSL_CTX_set_tlsext_use_srtp(context, names_of(profiles).c_str()) == 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

SslPtr Context::make_ssl(const std::vector<Fingerprint>* fingerprints) const {
  SslPtr ssl(SSL_new(context_.get()));
  CHECK(ssl && SSL_set_app_data(ssl.get(), const_cast<std::vector<Fingerprint>*>(fingerprints)) == 1);
  return ssl;
}

}  // namespace sfu::dtls
