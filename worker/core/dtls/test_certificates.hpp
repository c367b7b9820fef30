// For tests: keys and certificates as a user would bring them.
#pragma once

#include <openssl/pem.h>

#include <string>

#include "core/dtls/openssl.hpp"

namespace sfu::dtls {

inline std::string text_of(const BioPtr& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

// A certificate of `key`, as a user would bring it.
inline std::string certificate_pem(const KeyPtr& key) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  ASN1_TIME_set_string(X509_getm_notBefore(certificate.get()), "20200101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "20210101000000Z");
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate.get());
  return text_of(out);
}

inline std::string key_pem(const KeyPtr& key, const char* pass_phrase = nullptr) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), pass_phrase ? EVP_aes_128_cbc() : nullptr, pass_phrase,
                                pass_phrase ? 4 : 0, nullptr, nullptr);
  return text_of(out);
}

inline KeyPtr p256() { return KeyPtr(EVP_EC_gen("P-256")); }
inline KeyPtr rsa(unsigned bits) { return KeyPtr(EVP_RSA_gen(bits)); }

}  // namespace sfu::dtls
