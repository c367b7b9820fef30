#include "core/router/congestion.hpp"

#include <algorithm>

namespace sfu {

// The cluster that the packet belongs to.
int32_t Congestion::count_to_probe(int64_t bytes, Time now) {
  const int32_t cluster = probe_->plan.cluster;
  probe_->bytes += bytes;
  ++probe_->packets;
  if (probe_->bytes >= probe_->plan.bytes && probe_->packets >= probe_->plan.packets) {
    probe_.reset();
    update(now);
  }
  return cluster;
}

void Congestion::update(Time now) {
  if (!probe_)
    if (const auto plan = estimator_.take_probe(now)) probe_ = RunningProbe{*plan};
  Bitrate rate = bwe::Pacer::kFastest;
  if (rules(now)) rate = std::max(estimator_.pacing_rate(), granted_);
  if (probe_) rate = std::max(rate, probe_->plan.rate);
  // A probe measures what flows, not what comes at once.
  pacer_.set_rate(rate, now, estimator_.has_room() && !probe_);
}

}  // namespace sfu
