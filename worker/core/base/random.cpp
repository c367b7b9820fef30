#include "core/base/random.hpp"

#include <openssl/evp.h>

#include "core/base/check.hpp"

namespace sfu {
namespace {

Random::Seed spread(uint64_t seed) {
  Random::Seed out{};
  store64(out.data(), seed);
  return out;
}

}  // namespace

Random::Random(const Seed& seed) : stream_(EVP_CIPHER_CTX_new()) {
  const uint8_t counter_and_nonce[16] = {};
  CHECK(EVP_EncryptInit_ex(stream_, EVP_chacha20(), nullptr, seed.data(), counter_and_nonce) == 1);
}

Random::Random(uint64_t seed) : Random(spread(seed)) {}

Random::~Random() { EVP_CIPHER_CTX_free(stream_); }

void Random::fill(MutableBytes out) {
  for (uint8_t& byte : out) {
    if (used_ == ready_.size()) {
      const std::array<uint8_t, 256> zeros{};
      int size = 0;
      CHECK(EVP_EncryptUpdate(stream_, ready_.data(), &size, zeros.data(), static_cast<int>(zeros.size())) ==
            1);
      used_ = 0;
    }
    byte = ready_[used_++];
  }
}

uint32_t Random::u32() {
  uint8_t bytes[4];
  fill(bytes);
  return load32(bytes);
}

uint64_t Random::u64() { return uint64_t{u32()} << 32 | u32(); }

uint32_t Random::below(uint32_t bound) { return static_cast<uint32_t>((uint64_t{u32()} * bound) >> 32); }

std::string Random::text(size_t length) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string out(length, ' ');
  for (char& c : out) c = kAlphabet[below(static_cast<uint32_t>(kAlphabet.size()))];
  return out;
}

}  // namespace sfu
