#include "core/dtls/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>

namespace sfu::dtls {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"sha-1", "sha-224", "sha-256", "sha-384", "sha-512"};

const EVP_MD* digest_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return EVP_sha1();
    case HashAlgorithm::kSha224:
      return EVP_sha224();
    case HashAlgorithm::kSha256:
      return EVP_sha256();
    case HashAlgorithm::kSha384:
      return EVP_sha384();
    case HashAlgorithm::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

// RFC 5280, 4.1.2.2: a positive number; random, so that no two of ours are taken for one another.
void set_serial(X509* certificate) {
  std::array<uint8_t, 8> bytes{};
  CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[0] &= 0x7f;
  bytes[7] |= 1;
  CHECK(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), load64(bytes.data())) == 1);
}

X509* self_signed(EVP_PKEY* key) {
  constexpr long kDay = 24 * 3600;
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  set_serial(certificate);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay);  // clocks differ
  X509_gmtime_adj(X509_getm_notAfter(certificate), 10 * 365 * kDay);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const uint8_t*>("consomme"), -1, -1,
                             0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  return certificate;
}

template <class Read>
auto read_pem(const std::string& text, Read read) {
  BIO* bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  auto* out = read(bio);
  BIO_free(bio);
  return out;
}

// Asked for a passphrase: there is none. Without this OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

std::string_view name_of(HashAlgorithm algorithm) { return kNames[static_cast<size_t>(algorithm)]; }

std::optional<HashAlgorithm> hash_algorithm(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<HashAlgorithm>(i);
  return std::nullopt;
}

std::string fingerprint_value(X509* certificate, HashAlgorithm algorithm) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CHECK(X509_digest(certificate, digest_of(algorithm), digest.data(), &size) == 1);
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) out += ':';
    out += kDigits[digest[i] >> 4];
    out += kDigits[digest[i] & 15];
  }
  return out;
}

void Certificate::Free::operator()(X509* certificate) const { X509_free(certificate); }
void Certificate::Free::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

Certificate::Certificate(X509* certificate, EVP_PKEY* key) : certificate_(certificate), key_(key) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    const auto algorithm = static_cast<HashAlgorithm>(i);
    fingerprints_.push_back({algorithm, fingerprint_value(certificate, algorithm)});
  }
}

Certificate Certificate::generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  CHECK(key != nullptr);
  return Certificate(self_signed(key), key);
}

Result<Certificate> Certificate::from_pem(const std::string& certificate, const std::string& private_key) {
  std::unique_ptr<X509, Free> x509(read_pem(
      certificate, [](BIO* bio) { return PEM_read_bio_X509(bio, nullptr, no_passphrase, nullptr); }));
  if (!x509) return Error::type("dtlsCertificateFile holds no PEM certificate");
  std::unique_ptr<EVP_PKEY, Free> key(read_pem(
      private_key, [](BIO* bio) { return PEM_read_bio_PrivateKey(bio, nullptr, no_passphrase, nullptr); }));
  if (!key) return Error::type("dtlsPrivateKeyFile holds no PEM private key without a passphrase");
  if (X509_check_private_key(x509.get(), key.get()) != 1)
    return Error::type("dtlsPrivateKeyFile is not the key of the certificate in dtlsCertificateFile");
  return Certificate(x509.release(), key.release());
}

}  // namespace sfu::dtls
