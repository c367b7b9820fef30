// A certificate's fingerprint as signalling carries it (RFC 8122, 5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;

namespace sfu::dtls {

// From the weakest to the strongest.
enum class HashAlgorithm : uint8_t { kSha1, kSha224, kSha256, kSha384, kSha512 };

inline constexpr std::array kHashAlgorithms{HashAlgorithm::kSha1, HashAlgorithm::kSha224,
                                            HashAlgorithm::kSha256, HashAlgorithm::kSha384,
                                            HashAlgorithm::kSha512};

std::string_view name_of(HashAlgorithm algorithm);                   // sha-256
std::optional<HashAlgorithm> hash_algorithm(std::string_view name);  // in any case

struct Fingerprint {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  std::string value;  // upper-case hexadecimal pairs with colons
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint fingerprint_of(const x509_st* certificate, HashAlgorithm algorithm);

// Whether the certificate has one of the fingerprints. Only those of the strongest algorithm among them count
// (RFC 8122, 5).
bool matches(const x509_st* certificate, const std::vector<Fingerprint>& fingerprints);

}  // namespace sfu::dtls
