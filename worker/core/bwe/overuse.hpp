// What a trend of the delay means (draft-ietf-rmcat-gcc-02, 5.4): the link is overused when the trend has
// been above a threshold for kSustained and is not falling. The threshold follows the trends that are seen,
// fast up and slowly down, so that jitter or a competing flow that fills queues raises it instead of starving
// us.
#pragma once

#include <algorithm>

#include "core/base/time.hpp"

namespace sfu::bwe {

enum class Usage : uint8_t { kNormal, kOver, kUnder };

class Overuse {
 public:
  // A slope counts as the delay that it adds over so many milliseconds.
  static constexpr double kSpan = 240;
  static constexpr double kInitialThreshold = 12.5;
  static constexpr double kMinThreshold = 6;
  static constexpr double kMaxThreshold = 600;
  static constexpr double kUp = 0.0087;  // K_up and K_down: share of the distance in a millisecond
  static constexpr double kDown = 0.00018;
  // A trend this far above the threshold may be a link that has become another one: it moves the threshold
  // like one that is so far above, and at kUpOutlier.
  static constexpr double kOutlier = 15;
  static constexpr double kUpOutlier = 0.001;
  static constexpr Duration kSustained = 10ms;

  Usage add(double slope, Time arrived);
  double threshold() const { return threshold_; }
  void reset() { *this = Overuse(); }

 private:
  Usage judge(double trend, Time arrived);
  void adapt(double trend, Time arrived);

  double threshold_ = kInitialThreshold;
  double previous_ = 0;
  Time over_since_ = kNever;
  Time adapted_ = kNever;
};

}  // namespace sfu::bwe
