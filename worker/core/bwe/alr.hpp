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

  void set_estimate(Bitrate estimate) {
    per_byte_ = 1 / std::max(1.0, static_cast<double>((estimate * kLimited).bytes_in(kDepth)));
  }
  void on_sent(int64_t bytes, Time now) {
    if (last_ == kNever) last_ = now;
    const auto passed = static_cast<double>(std::clamp<Duration>(now - last_, 0ms, kDepth).count());
    last_ = now;
    level_ += passed * kPerMicrosecond - static_cast<double>(bytes) * per_byte_;
    level_ = std::clamp(level_, 0.0, 1.0);
    if (level_ > kEnter) limited_ = true;
    if (level_ < kLeave) limited_ = false;
  }
  bool is_limited() const { return limited_; }

 private:
  static constexpr double kPerMicrosecond = 1.0 / static_cast<double>(kDepth.count());

  double per_byte_ = 1;  // share of the bucket
  double level_ = 0.5;   // likewise
  Time last_ = kNever;
  bool limited_ = true;  // until it is seen to send
};

}  // namespace sfu::bwe
