#include "core/bwe/rate_control.hpp"

#include <algorithm>

namespace sfu::bwe {
namespace {

constexpr int64_t kPacketSize = 1200;
constexpr Duration kFeedbackTime = 100ms;
// Below this rate less is added: a step would be too large a part of it.
constexpr Bitrate kLow = 1_mbps;
// How far behind the link the trend may be.
constexpr Duration kSettling = 300ms;

}  // namespace

void RateControl::observe(const Observation& seen, Time now) {
  const Duration elapsed = observed_ == kNever ? 0ms : std::clamp<Duration>(now - observed_, 0ms, 1s);
  observed_ = now;
  if (!seen.arriving) return;
  if (seen.trend == Usage::kOver) return decrease(seen, kMaxDecrease, now);
  const bool could_drain = now - decreased_ > kDrain + seen.rtt;
  if (seen.queue_standing && could_drain) return decrease(seen, kDoubtfulDecrease, now);
  if (seen.trend == Usage::kNormal && seen.queue_drained) increase(seen, elapsed, now);
}

// Packets that left before the last decrease could show do not call for another one, unless it was not
// nearly enough.
void RateControl::decrease(const Observation& seen, double most, Time now) {
  // Little was sent, and it arrived: that much is not too much, and what more would be is not known. But
  // where even little waits that long, the link is full.
  const bool doubtful = seen.application_limited && seen.queue < kFull;
  const double kept = 1 - share_to_give_up(seen.queue, doubtful ? kDoubtfulDecrease : most);
  const Bitrate target = doubtful ? std::max(rate_ * kept, *seen.arriving) : *seen.arriving * kept;
  const bool known = seen.sent <= decreased_ + kSettling;
  if (target >= rate_ * (known ? 1 - kDoubtfulDecrease : 1)) return;
  if (!doubtful) capacity_.learn(*seen.arriving);
  rate_ = std::max(target, kFloor);
  before_trial_ = {};
  decreased_ = now;
}

double RateControl::share_to_give_up(Duration queue, double most) const {
  const double least = capacity_.is_shared() ? kSharedDecrease : kMinDecrease;
  return std::clamp(seconds(queue) / seconds(kDrain), least, most);
}

void RateControl::increase(const Observation& seen, Duration elapsed, Time now) {
  if (capacity_.is_exceeded_by(*seen.arriving)) {
    capacity_.forget();
    exceeded_ = true;
  }
  Bitrate most = *seen.arriving * kUntried + kUntriedMargin;
  const bool tried = *seen.arriving >= rate_ * (1 - seen.loss) * kTried;
  if (tried || tried_ == kNever) tried_ = now;
  if (!tried && capacity_.get()) most = std::min(most, *capacity_.get());
  rate_ = std::min(rate_ + added(seen, elapsed, now), std::max(rate_, most));
}

Bitrate RateControl::added(const Observation& seen, Duration elapsed, Time now) const {
  if (rate_ < before_trial_) return std::min(rate_ * (kReturn * seconds(elapsed)), before_trial_ - rate_);
  if (!capacity_.get()) return rate_ * (kGrowth * seconds(elapsed));
  const Bitrate near = *capacity_.get() * (capacity_.is_shared() ? 1 - kSharedDecrease : kNear);
  if (rate_ < near) return std::min(rate_ * (kReturn * seconds(elapsed)), near - rate_);
  return crept(seen.rtt, elapsed, now);
}

Bitrate RateControl::crept(Duration rtt, Duration elapsed, Time now) const {
  const Bitrate step = Bitrate::of(kPacketSize, rtt + kFeedbackTime) * (seconds(elapsed) / 2);
  const double size = capacity_.is_shared() ? 2 : std::min(1.0, rate_ / kLow);
  const double borne = seconds(std::min<Duration>(now - decreased_, 10s));
  return step * size * (0.5 + borne / 3);
}

void RateControl::on_probe(Bitrate measured, bool saturated, Time now) {
  // What a burst gets of a link that others use is more than its share.
  if (saturated && capacity_.is_shared()) return;
  const bool better_known = saturated && !capacity_.get();
  if (measured > rate_ || better_known) rate_ = std::max(measured, kFloor);
  if (saturated) {
    capacity_.learn(measured);
    decreased_ = now;
  } else if (capacity_.get() && measured > *capacity_.get()) {
    capacity_.forget();
  }
}

void RateControl::on_limit(Bitrate limit, Time now) {
  if (limit >= rate_) return;
  rate_ = std::max(limit, kFloor);
  before_trial_ = {};
  capacity_.learn(rate_);
  decreased_ = now;
}

void RateControl::try_below(Bitrate rate) {
  if (rate * kNear >= rate_) return;
  before_trial_ = rate_;
  rate_ = std::max(rate * kNear, kFloor);
}

}  // namespace sfu::bwe
