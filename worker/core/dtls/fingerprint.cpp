#include "core/dtls/fingerprint.hpp"

#include <algorithm>

#include "core/base/bytes.hpp"
#include "core/base/check.hpp"
#include "core/dtls/openssl.hpp"

namespace sfu::dtls {
namespace {

constexpr std::array<std::string_view, kHashAlgorithms.size()> kNames{"sha-1", "sha-224", "sha-256",
                                                                      "sha-384", "sha-512"};

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
      break;
  }
  return EVP_sha512();
}

std::string with_colons(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const uint8_t byte : bytes) {
    if (!out.empty()) out += ':';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// Not std::tolower(), which asks the locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view name_of(HashAlgorithm algorithm) { return kNames[static_cast<size_t>(algorithm)]; }

std::optional<HashAlgorithm> hash_algorithm(std::string_view name) {
  for (const HashAlgorithm algorithm : kHashAlgorithms)
    if (std::ranges::equal(name, name_of(algorithm), {}, lower)) return algorithm;
  return std::nullopt;
}

Fingerprint fingerprint_of(const X509* certificate, HashAlgorithm algorithm) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(X509_digest(certificate, digest_of(algorithm), digest, &size) == 1);
  return {algorithm, with_colons({digest, size})};
}

bool matches(const X509* certificate, const std::vector<Fingerprint>& fingerprints) {
  const auto strongest = std::ranges::max_element(fingerprints, {}, &Fingerprint::algorithm);
  if (strongest == fingerprints.end()) return false;
  const Fingerprint own = fingerprint_of(certificate, strongest->algorithm);
  return std::ranges::find(fingerprints, own) != fingerprints.end();
}

}  // namespace sfu::dtls
