// Dependency descriptors for tests, bit by bit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sfu::rtp::test {

class BitWriter {
 public:
  BitWriter& bits(size_t count, uint32_t value) {
    for (size_t i = count; i-- > 0; ++at_) {
      if (at_ % 8 == 0) out_.push_back(0);
      if (value >> i & 1) out_.back() = static_cast<uint8_t>(out_.back() | 0x80 >> at_ % 8);
    }
    return *this;
  }
  // One character an indication: - D S R
  BitWriter& indications(std::string_view text) {
    for (char c : text) bits(2, static_cast<uint32_t>(std::string_view("-DSR").find(c)));
    return *this;
  }
  const std::vector<uint8_t>& bytes() const { return out_; }

 private:
  std::vector<uint8_t> out_;
  size_t at_ = 0;
};

inline constexpr uint32_t kFirstId = 60;

inline BitWriter mandatory(uint32_t template_index, uint32_t number, bool begins = true, bool ends = true) {
  return BitWriter().bits(1, begins).bits(1, ends).bits(6, (kFirstId + template_index) % 64).bits(16, number);
}

// Two spatial layers of one temporal layer (L2T1), with targets 0: lower, 1: both; chain 0 the lower layer,
// chain 1 both. Templates: key lower, key upper, delta lower, delta upper. `k_svc`: deltas of the upper layer
// do not need the lower one (L2T1_KEY).
inline void structure(BitWriter& out, bool k_svc, bool resolutions = false) {
  out.bits(6, kFirstId).bits(5, 1);
  out.bits(2, 0).bits(2, 2).bits(2, 0).bits(2, 3);
  out.indications("SS").indications(k_svc ? "R-" : "RR").indications("-S").indications("-R");
  out.bits(1, 0);
  out.bits(1, 1).bits(4, 1).bits(1, 0);
  out.bits(1, 1).bits(4, 0).bits(1, 0);
  if (k_svc)
    out.bits(1, 1).bits(4, 1).bits(1, 0);
  else
    out.bits(1, 1).bits(4, 1).bits(1, 1).bits(4, 0).bits(1, 0);
  out.bits(2, 3).bits(1, 0).bits(1, 1);  // ns(3) of 2 chains is 11; ns(2) of 0 and 1
  out.bits(4, 0).bits(4, 0).bits(4, 2).bits(4, 1);
  out.bits(4, 1).bits(4, 1).bits(4, 1).bits(4, k_svc ? 2 : 1);
  out.bits(1, resolutions);
  if (resolutions) out.bits(16, 639).bits(16, 359).bits(16, 1279).bits(16, 719);
}

inline BitWriter key_frame(bool k_svc = false, bool resolutions = false, uint32_t number = 65535) {
  BitWriter out = mandatory(0, number);
  out.bits(5, 0b10000);
  structure(out, k_svc, resolutions);
  return out;
}

}  // namespace sfu::rtp::test
