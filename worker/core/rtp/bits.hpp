// Reading single bits, high to low. Past the end it reads zeros and remembers: ask ok() once, at the end.
#pragma once

#include "core/base/bytes.hpp"

namespace sfu::rtp {

class BitReader {
 public:
  explicit BitReader(Bytes in) : in_(in) {}

  bool flag() { return bits(1) != 0; }
  // Up to 32 bits.
  uint32_t bits(size_t count) {
    if (count > in_.size() * 8 - at_) return fail();
    uint32_t value = 0;
    for (; count > 0; --count, ++at_) value = value << 1 | ((in_[at_ / 8] >> (7 - at_ % 8)) & 1u);
    return value;
  }
  // ns(n) of the AV1 specification: 0 … n-1, lower values in one bit less.
  uint32_t below(uint32_t n) {
    size_t width = 0;
    while (n >> width != 0) ++width;
    const uint32_t short_ones = (1u << width) - n;
    const uint32_t value = bits(width - 1);
    return value < short_ones ? value : (value << 1) - short_ones + bits(1);
  }
  bool ok() const { return ok_; }

 private:
  uint32_t fail() {
    at_ = in_.size() * 8;
    ok_ = false;
    return 0;
  }

  Bytes in_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace sfu::rtp
