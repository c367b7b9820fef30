#include "core/bwe/estimator.hpp"

#include <algorithm>

namespace sfu::bwe {
namespace {

constexpr Duration kMaxRtt = 5s;
// Of what arrives when most is lost: the queue that was full shall become empty.
constexpr double kCollapse = 0.85;

}  // namespace

Estimator::Estimator(Bitrate initial) : rate_control_(initial), estimate_(initial) {
  alr_.set_estimate(initial);
}

void Estimator::set_limits(Bitrate min, Bitrate max, Time now) {
  min_ = min;
  max_ = max;
  update(now);
}

void Estimator::set_wanted(Bitrate wanted, Time now) {
  wanted_ = wanted;
  update(now);
}

void Estimator::on_rtt(Duration rtt) { rtt_ = std::clamp<Duration>(rtt, 0ms, kMaxRtt); }

void Estimator::on_remb(Bitrate remb, Time now) {
  remb_ = remb;
  update(now);
}

void Estimator::on_feedback(std::span<const PacketResult> results, Time now) {
  if (results.empty()) return;
  has_feedback_ = true;
  unanswered_since_ = kNever;
  silence_ = 1;
  for (const PacketResult& result : results) read(result);
  finish_probe(now);
  control_rate(now);
  weigh_loss(now);
  update(now);
}

void Estimator::read(const PacketResult& result) {
  const SentPacket& sent = result.sent;
  if (sent.probe != 0) probe_results_.add(result);
  if (!result.arrived) return loss_based_.on_lost(sent.sent, sent.size);
  loss_based_.on_received(sent.sent, sent.size, result.was_lost);
  acknowledged_.add(sent.sent, *result.arrived, sent.size);
  // What was reordered that far says nothing about a queue.
  if (!result.was_lost) delay_based_.add(sent.sent, *result.arrived);
}

void Estimator::finish_probe(Time now) {
  const auto outcome = probe_results_.take(now);
  if (!outcome) return;
  if (outcome->measured) {
    // The burst may have been held up by what arrived all the same.
    const Bitrate measured = std::max(*outcome->measured, acknowledged_.get().value_or(Bitrate{}));
    rate_control_.on_probe(measured, outcome->saturated, now);
  }
  update(now);
  probe_control_.on_outcome(*outcome, probe_state(now), now);
}

void Estimator::control_rate(Time now) {
  if (probe_results_.is_under_way()) return;
  rate_control_.observe({.trend = delay_based_.trend(),
                         .queue_standing = delay_based_.is_queue_standing(),
                         .queue_drained = delay_based_.is_queue_drained(),
                         .queue = delay_based_.queue(),
                         .sent = delay_based_.sent(),
                         .arriving = acknowledged_.get(),
                         .loss = loss_based_.loss(),
                         .application_limited = alr_.is_limited(),
                         .rtt = rtt_},
                        now);
  if (rate_control_.take_exceeded()) probe_control_.on_exceeded(now);
}

void Estimator::weigh_loss(Time now) {
  const auto verdict = loss_based_.take_verdict();
  if (!verdict) return;
  if (verdict->limit) rate_control_.on_limit(*verdict->limit, now);
  const auto arriving = acknowledged_.get();
  if (verdict->collapsed && arriving) rate_control_.on_limit(*arriving * kCollapse, now);
  if (verdict->trial && arriving) rate_control_.try_below(*arriving);
}

ProbeControl::State Estimator::probe_state(Time now) const {
  const Bitrate goal = max_ > Bitrate{} ? std::min(wanted_, max_) : wanted_;
  return {
      .estimate = estimate_,
      .goal = goal,
      .unknown_above = alr_.is_limited() || rate_control_.is_untried(now) || !rate_control_.capacity().get(),
      .calm = delay_based_.trend() == Usage::kNormal && delay_based_.is_queue_drained()};
}

void Estimator::update(Time now) {
  const Bitrate rate = has_feedback_ ? rate_control_.rate() * silence_ : remb_.value_or(rate_control_.rate());
  estimate_ = limited(rate);
  alr_.set_estimate(estimate_);
  // A peer that gives no feedback would not tell what came of a probe.
  if (has_feedback_) probe_control_.update(probe_state(now), now);
}

Bitrate Estimator::limited(Bitrate rate) const {
  rate = std::max(rate, min_);
  return max_ > Bitrate{} ? std::min(rate, max_) : rate;
}

std::optional<Probe> Estimator::take_probe(Time now) {
  const auto probe = probe_control_.take();
  if (probe) probe_results_.expect(*probe, now);
  return probe;
}

Time Estimator::silence_deadline() const {
  return has_feedback_ && unanswered_since_ != kNever ? unanswered_since_ + rtt_ + kSilence : kNever;
}

Time Estimator::deadline() const {
  return std::min({silence_deadline(), probe_results_.deadline(), probe_control_.deadline()});
}

void Estimator::wake(Time now) {
  if (silence_deadline() <= now) {
    silence_ = std::max(silence_ * kSilenceStep, kMinSilence);
    unanswered_since_ = kNever;  // and what is sent from here on is waited for anew
  }
  finish_probe(now);
  update(now);
}

}  // namespace sfu::bwe
