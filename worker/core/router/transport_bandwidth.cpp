// What a transport learns of its path's capacity, and how it shares that among its consumers.
#include <algorithm>

#include "core/router/transport.hpp"

namespace sfu {
namespace {

uint32_t whole(Bitrate bitrate) {
  return static_cast<uint32_t>(std::clamp<int64_t>(bitrate.bps, 0, 0xffffffff));
}

}  // namespace

// ---- feedback

void Transport::on_message(const rtcp::TransportCc& message, Turn& turn) {
  if (congestion_) on_feedback(message, turn);
}

void Transport::on_message(const rtcp::Ccfb& message, Turn& turn) {
  if (congestion_) on_feedback(message, turn);
}

template <class Feedback>
void Transport::on_feedback(const Feedback& message, Turn& turn) {
  congestion_->on_feedback(message, turn.now);
  loss_sent_ = congestion_->estimator().loss();
  on_estimate(turn);
}

void Transport::on_message(const rtcp::Remb& message, Turn& turn) {
  control_congestion();
  congestion_->on_remb({static_cast<int64_t>(std::min<uint64_t>(message.bitrate, INT64_MAX / 8))}, turn.now);
  tell_estimate(Traces::Direction::kIn, turn);
  on_estimate(turn);
}

std::optional<Bitrate> Transport::available_outgoing_bitrate(Time now) const {
  if (!congestion_ || !congestion_->rules(now)) return std::nullopt;
  return congestion_->estimator().estimate();
}

void Transport::set_outgoing_bitrates(uint32_t min, uint32_t max, Turn& turn) {
  min_outgoing_bitrate_ = min;
  max_outgoing_bitrate_ = max;
  if (!congestion_) return;
  congestion_->estimator().set_limits({min}, {max}, turn.now);
  on_estimate(turn);
  update_deadline(turn.now);
}

// ---- sharing

void Transport::on_estimate(Turn& turn) {
  if (congestion_->wants_padding()) ask_to_send();
  if (available_to_share(turn.now) < granted_) return share_out(turn);
  timers_.set_if_stopped(Timer::kSharing, turn.now + kSharingInterval);
}

// An estimate that falls to drain a queue soon returns: until then what was granted waits in our own queue,
// which costs less than to change layers to and fro.
Bitrate Transport::available_to_share(Time now) {
  const std::optional<Bitrate> available = available_outgoing_bitrate(now);
  if (!available) return kUnlimited;
  if (*available >= granted_) {
    dip_began_ = kNever;
    return *available;
  }
  if (dip_began_ == kNever) dip_began_ = now;
  const bool may_pass = now - dip_began_<kDip&& * available> granted_ * kShallow;
  return may_pass ? granted_ : *available;
}

void Transport::share_out_soon(Time now) {
  timers_.set(Timer::kSharing, now);
  update_deadline(now);
}

// All that flows to this client and is in its feedback shares what the path carries; retransmissions are paid
// for first.
void Transport::share_out(Turn& turn) {
  timers_.stop(Timer::kSharing);
  Sharing& sharing = shared_.sharing;
  sharing.clear();
  for (const auto& consumer : consumers_)
    if (consumer->wants_bandwidth() && consumer->shares_bandwidth()) sharing.add(*consumer, turn.now);
  if (sharing.empty()) return;
  wanted_ = sharing.wanted();
  congestion_->estimator().set_wanted(wanted_, turn.now);
  granted_ = sharing.taken();  // as the layers are now: rates have changed since
  const Bitrate available = available_to_share(turn.now);
  const Bitrate repairs{static_cast<int64_t>(rtx_send_bitrate(turn.now))};
  granted_ = sharing.share_out(available - repairs, turn);
  congestion_->set_granted(granted_);
  congestion_->update(turn.now);
  tell_estimate(Traces::Direction::kOut, turn);
  timers_.set(Timer::kSharing, turn.now + kSharingInterval);
}

void Transport::tell_estimate(Traces::Direction direction, Turn& turn) const {
  if (!traces.has(Traces::Type::kBwe)) return;
  traces.tell(handle_, Traces::Type::kBwe, direction,
              channel::BweTrace{.desired_bitrate = whole(wanted_),
                                .effective_desired_bitrate = whole(granted_),
                                .min_bitrate = min_outgoing_bitrate_,
                                .max_bitrate = max_outgoing_bitrate_,
                                .start_bitrate = whole(initial_bitrate_),
                                .available_bitrate = whole(congestion_->estimator().estimate())},
              turn);
}

}  // namespace sfu
