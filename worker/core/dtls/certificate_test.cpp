#include "core/dtls/certificate.hpp"

#include <doctest/doctest.h>

#include "core/dtls/test_certificates.hpp"

namespace sfu::dtls {

namespace {

bool starts(const Result<Certificate>& result, std::string_view field) {
  return !result && result.error().code == Error::Code::kType && result.error().message.starts_with(field);
}

}  // namespace

TEST_CASE("a generated certificate is its own, with a fingerprint for each algorithm") {
  const Certificate one = Certificate::generate();
  const Certificate other = Certificate::generate();
  REQUIRE_EQ(one.fingerprints().size(), kHashAlgorithms.size());
  for (const HashAlgorithm algorithm : kHashAlgorithms) {
    CHECK_EQ(one.fingerprint(algorithm).algorithm, algorithm);
    CHECK_FALSE(one.fingerprint(algorithm) == other.fingerprint(algorithm));
  }
}

TEST_CASE("a user's ECDSA or RSA certificate is taken, even if its time is over") {
  for (const KeyPtr& key : {p256(), rsa(2048)}) {
    const auto certificate = Certificate::from_pem(certificate_pem(key), key_pem(key));
    REQUIRE(certificate);
    const SslContextPtr context(SSL_CTX_new(DTLS_method()));
    CHECK(certificate->install(context.get()));
  }
}

TEST_CASE("of a chain the first certificate counts") {
  const KeyPtr key = p256();
  const std::string own = certificate_pem(key);
  const auto chain = Certificate::from_pem(own + certificate_pem(p256()), key_pem(key));
  REQUIRE(chain);
  CHECK(chain->fingerprints() == Certificate::from_pem(own, key_pem(key))->fingerprints());
}

TEST_CASE("an error names the field that is wrong") {
  const KeyPtr key = p256();
  const std::string certificate = certificate_pem(key);
  CHECK(starts(Certificate::from_pem("", key_pem(key)), "dtlsCertificateFile must hold"));
  CHECK(starts(Certificate::from_pem(key_pem(key), key_pem(key)), "dtlsCertificateFile must hold"));
  CHECK(starts(Certificate::from_pem(certificate, ""), "dtlsPrivateKeyFile must hold"));
  CHECK(starts(Certificate::from_pem(certificate, certificate), "dtlsPrivateKeyFile must hold"));
  CHECK(
      starts(Certificate::from_pem(certificate, key_pem(p256())), "dtlsPrivateKeyFile must hold the key of"));
  CHECK(starts(Certificate::from_pem(certificate.substr(0, 200), key_pem(key)),
               "dtlsCertificateFile must hold"));
}

TEST_CASE("an encrypted key is refused without asking for its pass phrase") {
  const KeyPtr key = p256();
  CHECK(starts(Certificate::from_pem(certificate_pem(key), key_pem(key, "word")),
               "dtlsPrivateKeyFile must hold"));
}

TEST_CASE("a key too weak for DTLS is refused") {
  const KeyPtr key = rsa(1024);
  CHECK(starts(Certificate::from_pem(certificate_pem(key), key_pem(key)), "dtlsCertificateFile must have"));
}

}  // namespace sfu::dtls
