#include "core/dtls/certificate.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "core/base/check.hpp"

namespace sfu::dtls {
namespace {

// 112 bits: RSA of 2048 bits, elliptic curves of 224.
constexpr int kSecurityLevel = 2;

// Valid from long ago to for ever (RFC 5280, 4.1.2.5): peers do not look, and we need no clock.
void set_validity(X509* certificate) {
  CHECK(ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20000101000000Z") == 1);
  CHECK(ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1);
}

// A random serial number keeps two certificates of one key apart.
void set_names(X509* certificate) {
  uint32_t serial = 0;
  CHECK(RAND_bytes(reinterpret_cast<uint8_t*>(&serial), sizeof serial) == 1);
  CHECK(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), uint64_t{serial} + 1) == 1);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const uint8_t*>("WebRTC");
  CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
  CHECK(X509_set_issuer_name(certificate, name) == 1);
}

BioPtr reader_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key is refused: the empty pass phrase keeps OpenSSL from asking the terminal for one.
KeyPtr read_key(std::string_view pem) {
  char no_pass_phrase[] = "";
  return KeyPtr(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, nullptr, no_pass_phrase));
}

// The fields are the controller's options from which the two texts came.
Error refused(const char* field, const char* problem) {
  return Error::type(std::string(field) + " " + problem + " (" + openssl_reason() + ")");
}

}  // namespace

Certificate::Certificate(X509Ptr certificate, KeyPtr key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {
  for (const HashAlgorithm algorithm : kHashAlgorithms)
    fingerprints_.push_back(fingerprint_of(certificate_.get(), algorithm));
}

Certificate Certificate::generate() {
  KeyPtr key(EVP_EC_gen("P-256"));
  X509Ptr certificate(X509_new());
  CHECK(key && certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_validity(certificate.get());
  set_names(certificate.get());
  CHECK(X509_set_pubkey(certificate.get(), key.get()) == 1);
  CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return {std::move(certificate), std::move(key)};
}

Result<Certificate> Certificate::from_pem(std::string_view certificate, std::string_view private_key) {
  ERR_clear_error();
  X509Ptr x509(PEM_read_bio_X509(reader_of(certificate).get(), nullptr, nullptr, nullptr));
  if (!x509) return refused("dtlsCertificateFile", "must hold an X.509 certificate in PEM");
  KeyPtr key = read_key(private_key);
  if (!key) return refused("dtlsPrivateKeyFile", "must hold a private key in PEM, not encrypted");
  if (X509_check_private_key(x509.get(), key.get()) != 1)
    return refused("dtlsPrivateKeyFile", "must hold the key of the certificate in dtlsCertificateFile");
  Certificate own(std::move(x509), std::move(key));
  const SslContextPtr trial(SSL_CTX_new(DTLS_method()));
  if (!own.install(trial.get())) return refused("dtlsCertificateFile", "must have a key that DTLS can use");
  return own;
}

bool Certificate::install(SSL_CTX* context) const {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  return SSL_CTX_use_certificate(context, certificate_.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, key_.get()) == 1;
}

}  // namespace sfu::dtls
