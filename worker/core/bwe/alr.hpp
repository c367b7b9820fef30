// Whether the application limits what is sent, not the link (ALR): less than kLimited of the estimate was
// used for a while. A leaky bucket that the estimate fills and that each packet empties.
#pragma once

#include <algorithm>

#include "core/base/bitrate.hpp"

namespace sfu::bwe {

class Alr {
 public:
  static constexpr double kLimited = 0.75;
  static constexpr Duration kDepth = 500ms;  // what the bucket holds
  // Of the bucket: limited above the one, not limited any more below the other.
  static constexpr double kEnter = 0.8;
  static constexpr double kLeave = 0.3;

  void set_estimate(Bitrate estimate) { rate_ = estimate * kLimited; }
  void on_sent(int64_t bytes, Time now) {
    if (last_ == kNever) last_ = now;
    const auto passed = std::clamp<Duration>(now - last_, 0ms, kDepth);
    last_ = now;
    const auto depth = static_cast<double>(rate_.bps) * seconds(kDepth) / 8;
    const double filled = static_cast<double>(rate_.bps) * seconds(passed) / 8 - static_cast<double>(bytes);
    level_ = std::clamp(level_ + filled, 0.0, depth);
    if (level_ > depth * kEnter) limited_ = true;
    if (level_ < depth * kLeave) limited_ = false;
  }
  bool is_limited() const { return limited_; }

 private:
  Bitrate rate_{};
  double level_ = 0;
  Time last_ = kNever;
  bool limited_ = false;
};

}  // namespace sfu::bwe
