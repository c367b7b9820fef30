#include "core/dtls/fingerprint.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include <string>

#include "core/dtls/certificate.hpp"

namespace sfu::dtls {

namespace {

// Made with `openssl req -x509`, and fingerprinted with `openssl x509 -fingerprint`.
constexpr const char* kPem = R"(-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIULXLa3P6rvoMHb844pL1WgPqZWOkwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjIwOTA4MjNaFw0zNjExMTkwOTA4MjNa
MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATcYgQ8
+OyWzl3bhnyS55jEuYrPaczEjBXDREV1TOXHq31qpVuldSwDDiPDk5PkAXZzohnD
PkvGTpekQQAxeKqIo1MwUTAdBgNVHQ4EFgQUn/NOEKG1cFXDwsUXH/U7hpYyiZAw
HwYDVR0jBBgwFoAUn/NOEKG1cFXDwsUXH/U7hpYyiZAwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEA7SYY7By3ss64iVVlv85XAozWtTI0GuwlnYgB
89H5GBcCIGz/nzfq/7UhTFyonXsB1jvK0UBxf3ccjhXGqslmCVvL
-----END CERTIFICATE-----
)";

X509Ptr known_certificate() {
  const BioPtr in(BIO_new_mem_buf(kPem, -1));
  return X509Ptr(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
}

const Fingerprint kSha1{HashAlgorithm::kSha1, "FC:50:68:97:55:02:3C:57:A2:FB:D5:28:CB:AC:91:84:19:8C:B6:69"};
const Fingerprint kSha256{
    HashAlgorithm::kSha256,
    "47:7F:FA:87:83:90:B6:DC:85:3A:94:2B:55:F8:61:7A:13:FA:EA:0F:5E:BF:78:D7:A4:67:F2:1A:42:2F:61:BD"};
const Fingerprint kWrongSha256{
    HashAlgorithm::kSha256,
    "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"};

}  // namespace

TEST_CASE("hash algorithms have the names of RFC 8122, in any case") {
  for (const HashAlgorithm algorithm : kHashAlgorithms)
    CHECK_EQ(hash_algorithm(name_of(algorithm)), algorithm);
  CHECK_EQ(hash_algorithm("sha-256"), HashAlgorithm::kSha256);
  CHECK_EQ(hash_algorithm("SHA-1"), HashAlgorithm::kSha1);
  CHECK_FALSE(hash_algorithm("md5"));
  CHECK_FALSE(hash_algorithm("sha-25"));
  CHECK_FALSE(hash_algorithm(""));
}

TEST_CASE("a certificate has the fingerprints that OpenSSL's tool finds") {
  const X509Ptr certificate = known_certificate();
  CHECK(fingerprint_of(certificate.get(), HashAlgorithm::kSha1) == kSha1);
  CHECK(fingerprint_of(certificate.get(), HashAlgorithm::kSha256) == kSha256);
  CHECK_EQ(fingerprint_of(certificate.get(), HashAlgorithm::kSha224).value.size(), 28 * 3 - 1);
  CHECK_EQ(fingerprint_of(certificate.get(), HashAlgorithm::kSha384).value.size(), 48 * 3 - 1);
  CHECK_EQ(fingerprint_of(certificate.get(), HashAlgorithm::kSha512).value.size(), 64 * 3 - 1);
}

TEST_CASE("any fingerprint of the strongest algorithm makes a match") {
  const X509Ptr certificate = known_certificate();
  CHECK(matches(certificate.get(), {kSha1}));
  CHECK(matches(certificate.get(), {kSha1, kSha256}));
  CHECK(matches(certificate.get(), {kWrongSha256, kSha256}));
  CHECK_FALSE(matches(certificate.get(), {kWrongSha256}));
  CHECK_FALSE(matches(certificate.get(), {kSha1, kWrongSha256}));
  CHECK_FALSE(matches(certificate.get(), {}));
}

}  // namespace sfu::dtls
