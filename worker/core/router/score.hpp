// How well a stream fares, 0 (nothing arrives) to 10: what share of the packets of each report interval came
// through at once, repaired ones counting half, over the last intervals with the recent ones weighing more.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace sfu {

class Score {
 public:
  static constexpr size_t kHistory = 24;

  uint8_t value() const { return value_; }
  // False: the value is as it was.
  bool update(uint64_t expected, uint64_t lost, uint64_t repaired) {
    if (expected == 0) return false;
    const double good = static_cast<double>(expected) - static_cast<double>(std::min(lost, expected)) -
                        0.5 * static_cast<double>(std::min(repaired, expected));
    history_[count_++ % kHistory] = std::clamp(good / static_cast<double>(expected), 0.0, 1.0);
    return set(weighted());
  }
  // No packets for a while.
  bool reset() {
    count_ = 0;
    return set(0);
  }

 private:
  uint8_t weighted() const {
    const size_t samples = std::min(count_, kHistory);
    double sum = 0, weights = 0;
    for (size_t age = 0; age < samples; ++age) {
      const double weight = static_cast<double>(samples - age);
      // The fourth power: 10 % of loss is heard and seen (7), 30 % is hardly a call (2).
      const double share = history_[(count_ - 1 - age) % kHistory];
      sum += weight * share * share * share * share;
      weights += weight;
    }
    return static_cast<uint8_t>(10 * sum / weights + 0.5);
  }
  bool set(uint8_t value) {
    const bool changed = value != value_;
    value_ = value;
    return changed;
  }

  std::array<double, kHistory> history_{};
  size_t count_ = 0;
  uint8_t value_ = 10;
};

}  // namespace sfu
