#include "core/bwe/probe_control.hpp"

#include <algorithm>
#include <utility>

namespace sfu::bwe {

void ProbeControl::update(const State& state, Time now) {
  watch_drops(state.estimate, now);
  if (state.goal <= state.estimate) goal_ = state.goal;
  look_again_ = kNever;
  if (state.goal <= state.estimate || next_ || awaited_) return;
  look_again_ = std::max({allowed_, due_, now + kLook});
  if (!state.calm || now < allowed_) return;
  const auto rate = first_step(state, now);
  if (!rate) return;
  goal_ = state.goal;
  climbed_ = false;
  look_again_ = kNever;
  step(*rate, state);
}

void ProbeControl::watch_drops(Bitrate estimate, Time now) {
  if (estimate >= peak_ || now - peaked_ > kPeriod) {
    peak_ = estimate;
    peaked_ = now;
  } else if (estimate < peak_ * kDrop) {
    lost_ = std::max(lost_.value_or(peak_), peak_);
    recovery_ = now + kRecovery;
    peak_ = estimate;
    peaked_ = now;
  }
}

// The first probe of a climb, if there is a reason for one now.
std::optional<Bitrate> ProbeControl::first_step(const State& state, Time now) {
  if (!std::exchange(started_, true)) return state.estimate * kStart;
  if (state.goal > goal_ * kOverGoal) return state.estimate * kClimb;
  if (recovery_ <= now) {
    recovery_ = kNever;
    const Bitrate lost = *std::exchange(lost_, std::nullopt) * kRecovered;
    if (lost > state.estimate) return lost;
  }
  if (state.unknown_above && due_ <= now) return state.estimate * kClimb;
  return std::nullopt;
}

void ProbeControl::step(Bitrate rate, const State& state) { next_ = std::min(rate, state.goal * kOverGoal); }

std::optional<Probe> ProbeControl::take() {
  if (!next_) return std::nullopt;
  const Bitrate rate = *std::exchange(next_, std::nullopt);
  awaited_ = true;
  return Probe{++clusters_, rate, rate.bytes_in(kLength), kMinPackets};
}

void ProbeControl::on_outcome(const ProbeOutcome& outcome, const State& state, Time now) {
  awaited_ = false;
  const bool near = outcome.measured && *outcome.measured >= outcome.probe.rate * kNear;
  climbed_ |= near;
  if (!near || outcome.saturated || state.estimate >= state.goal) return end_climb(climbed_, now);
  step(*outcome.measured * kClimb, state);
}

void ProbeControl::end_climb(bool succeeded, Time now) {
  if (succeeded) period_ = kPeriod;
  allowed_ = now + kSpacing;
  due_ = now + period_;
  period_ = std::min(period_ * 2, kMaxPeriod);
}

}  // namespace sfu::bwe
