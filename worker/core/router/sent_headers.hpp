// The hop-by-hop header extensions of the last packets sent to one consumer. A packet that is sent again
// under its own number (without RTX) must be the same to the last bit: the number makes AES-GCM's nonce, and
// two different packets under one nonce give the authentication key away (RFC 7714, 8.1 and 10.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sfu {

class SentHeaders {
 public:
  static constexpr size_t kKept = 256;
  struct Values {
    uint64_t index = 0;  // 0: none
    uint32_t abs_send_time = 0;
    uint16_t transport_sequence = 0;
  };

  void note(const Values& values) {
    if (kept_.empty()) kept_.resize(kKept);
    kept_[values.index % kKept] = values;
  }
  // Null: not sent, or forgotten.
  const Values* find(uint64_t index) const {
    if (kept_.empty() || kept_[index % kKept].index != index) return nullptr;
    return &kept_[index % kKept];
  }

 private:
  std::vector<Values> kept_;
};

}  // namespace sfu
