// Which packet indexes of one SSRC were received (RFC 3711, 3.3.2): the newest, and the kSize up to it. What
// is older than those counts as received.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sfu::srtp {

class ReplayWindow {
 public:
  static constexpr uint64_t kSize = 1024;

  explicit ReplayWindow(uint64_t first) : newest_(first) { add(first); }

  uint64_t newest() const { return newest_; }
  bool has(uint64_t index) const {
    if (index > newest_) return false;
    return newest_ - index >= kSize || (received_[place(index)] & bit(index)) != 0;
  }
  // For an index that has() denies.
  void add(uint64_t index);
  // The index nearest to the newest that has this sequence number (RFC 3711, 3.3.1 and appendix A).
  uint64_t estimate(uint16_t sequence) const;

 private:
  static uint64_t bit(uint64_t index) { return uint64_t{1} << (index % 64); }
  static size_t place(uint64_t index) { return index % kSize / 64; }
  void move_to(uint64_t index);

  uint64_t newest_;
  std::array<uint64_t, kSize / 64> received_{};  // a ring of bits
};

}  // namespace sfu::srtp
