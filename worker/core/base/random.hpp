// Unpredictable numbers from one injected seed: a ChaCha20 key stream (RFC 8439). The host seeds it from the
// operating system; tests seed it with a constant and get the same run each time.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"

struct evp_cipher_ctx_st;

namespace sfu {

class Random {
 public:
  using Seed = std::array<uint8_t, 32>;
  explicit Random(const Seed& seed);
  explicit Random(uint64_t seed);  // for tests
  ~Random();
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;

  void fill(MutableBytes out);
  uint32_t u32();
  uint64_t u64();
  uint32_t below(uint32_t bound);                 // 0 … bound-1
  double real() { return u32() / 4294967296.0; }  // 0 … 1, without 1
  std::string text(size_t length);                // letters and digits (ice-char, RFC 8839, 5.4)

 private:
  evp_cipher_ctx_st* stream_;
  std::array<uint8_t, 256> ready_{};
  size_t used_ = 256;
};

}  // namespace sfu
