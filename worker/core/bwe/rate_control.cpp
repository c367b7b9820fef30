#include "core/bwe/rate_control.hpp"

#include <algorithm>

namespace sfu::bwe {
namespace {

constexpr int64_t kPacketSize = 1200;
constexpr Duration kFeedbackTime = 100ms;
// An estimate that is this far above what arrives is not tried out by what is sent.
constexpr double kUntried = 1.5;
constexpr Bitrate kUntriedMargin = 10_kbps;
// A measurement further than this from the known capacity replaces it, another one moves it by kWeight.
constexpr double kSameCapacity = 0.15;
constexpr double kWeight = 0.25;

}  // namespace

void RateControl::observe(const Observation& seen, Time now) {
  const Duration elapsed = observed_ == kNever ? 0ms : std::clamp<Duration>(now - observed_, 0ms, 1s);
  observed_ = now;
  if (seen.trend == Usage::kOver) return decrease(seen, kMaxDecrease, now);
  if (seen.queue_standing && now - decreased_ > kDrain + seen.rtt)
    return decrease(seen, kDoubtfulDecrease, now);
  if (seen.trend == Usage::kNormal && seen.queue_drained) increase(seen, elapsed, now);
}

// Packets that were sent before the last decrease do not call for another one, unless it was not enough.
void RateControl::decrease(const Observation& seen, double most, Time now) {
  if (!seen.acknowledged) return;
  if (seen.application_limited) most = std::min(most, kDoubtfulDecrease);
  const double share = std::clamp(seconds(seen.queue) / seconds(kDrain), kMinDecrease, most);
  Bitrate carried = *seen.acknowledged;
  if (seen.application_limited) carried = std::max(carried, rate_);
  const Bitrate target = std::max(carried * (1 - share), kFloor);
  const bool known = seen.sent <= decreased_;
  if (target >= rate_ || (known && target > rate_ * (1 - kDoubtfulDecrease))) return;
  if (!seen.application_limited) learn_capacity(carried);
  rate_ = target;
  decreased_ = now;
  overused_ = true;
}

void RateControl::increase(const Observation& seen, Duration elapsed, Time now) {
  if (seen.application_limited || !seen.acknowledged) return;
  const Bitrate most = std::max(rate_, *seen.acknowledged * kUntried + kUntriedMargin);
  if (capacity_ && *seen.acknowledged > *capacity_ * kExceeded) {
    capacity_.reset();
    exceeded_ = true;
  }
  rate_ = std::min(rate_ + added(seen, elapsed, now), most);
}

Bitrate RateControl::added(const Observation& seen, Duration elapsed, Time now) const {
  if (!capacity_) return rate_ * (kGrowth * seconds(elapsed));
  if (rate_ < *capacity_ * kNear)
    return std::min(rate_ * (kReturn * seconds(elapsed)), *capacity_ * kNear - rate_);
  const Bitrate step = Bitrate::of(kPacketSize, seen.rtt + kFeedbackTime) * (seconds(elapsed) / 2);
  const double borne = seconds(std::min<Duration>(now - decreased_, 10s));
  return step * (0.5 + borne / 2);
}

void RateControl::learn_capacity(Bitrate measured) {
  const bool same =
      capacity_ && measured > *capacity_ * (1 - kSameCapacity) && measured < *capacity_ * (1 + kSameCapacity);
  capacity_ = same ? *capacity_ * (1 - kWeight) + measured * kWeight : measured;
}

void RateControl::on_probe(Bitrate measured, bool saturated, Time now) {
  if (measured > rate_ || (saturated && !overused_)) rate_ = std::max(measured, kFloor);
  if (saturated) {
    learn_capacity(measured);
    decreased_ = now;
  } else if (capacity_ && measured > *capacity_) {
    capacity_.reset();
  }
}

void RateControl::on_limit(Bitrate limit, Time now) {
  if (limit >= rate_) return;
  rate_ = std::max(limit, kFloor);
  learn_capacity(rate_);
  decreased_ = now;
}

}  // namespace sfu::bwe
