#include "core/bwe/overuse.hpp"

#include <cmath>

namespace sfu::bwe {

Usage Overuse::add(double slope, Time arrived) {
  const double trend = slope * kSpan;
  const Usage usage = judge(trend, arrived);
  adapt(trend, arrived);
  previous_ = trend;
  return usage;
}

Usage Overuse::judge(double trend, Time arrived) {
  if (trend <= threshold_) {
    over_since_ = kNever;
    return trend < -threshold_ ? Usage::kUnder : Usage::kNormal;
  }
  if (over_since_ == kNever) over_since_ = arrived;
  const bool sustained = arrived - over_since_ >= kSustained;
  return sustained && trend >= previous_ ? Usage::kOver : Usage::kNormal;
}

void Overuse::adapt(double trend, Time arrived) {
  const Duration passed = adapted_ == kNever ? 0ms : std::clamp<Duration>(arrived - adapted_, 0ms, 100ms);
  adapted_ = arrived;
  const double above = std::abs(trend) - threshold_;
  const double speed = above > kOutlier ? kUpOutlier : above > 0 ? kUp : kDown;
  threshold_ += speed * std::min(above, kOutlier) * seconds(passed) * 1000;
  threshold_ = std::clamp(threshold_, kMinThreshold, kMaxThreshold);
}

}  // namespace sfu::bwe
