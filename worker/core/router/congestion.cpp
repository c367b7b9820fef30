#include "core/router/congestion.hpp"

#include <algorithm>

namespace sfu {

void Congestion::on_sent_numbered(bwe::SentPacket packet) {
  if (probe_) {
    packet.probe = probe_->plan.cluster;
    probe_->bytes += packet.size;
    ++probe_->packets;
    if (probe_->bytes >= probe_->plan.bytes && probe_->packets >= probe_->plan.packets) {
      probe_.reset();
      update(packet.sent);
    }
  }
  sent_.add(packet);
  estimator_.on_sent(packet);
}

void Congestion::update(Time now) {
  if (!probe_)
    if (const auto plan = estimator_.take_probe(now)) probe_ = RunningProbe{*plan};
  Bitrate rate = bwe::Pacer::kFastest;
  if (rules(now)) rate = std::max(estimator_.pacing_rate(), granted_);
  if (probe_) rate = std::max(rate, probe_->plan.rate);
  pacer_.set_rate(rate, now);
}

}  // namespace sfu
