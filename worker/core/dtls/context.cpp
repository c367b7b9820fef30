#include "core/dtls/context.hpp"

#include <openssl/ssl.h>

#include "core/base/check.hpp"

namespace sfu::dtls {
namespace {

// Whoever the remote is, its certificate is its own: the fingerprint decides, in Session.
int accept_any(int, X509_STORE_CTX*) { return 1; }

}  // namespace

Context::Context(Certificate certificate)
    : certificate_(std::move(certificate)), context_(SSL_CTX_new(DTLS_method())) {
  SSL_CTX* context = context_.get();
  CHECK(context != nullptr);
  CHECK(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_use_certificate(context, certificate_.x509()) == 1);
  CHECK(SSL_CTX_use_PrivateKey(context, certificate_.key()) == 1);
  CHECK(SSL_CTX_set_cipher_list(
            context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA") == 1);
  CHECK(SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1);
  // 0 is success (OpenSSL's own inversion here).
  CHECK(SSL_CTX_set_tlsext_use_srtp(context,
                                    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:"
                                    "SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32") == 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
}

void Context::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

}  // namespace sfu::dtls
