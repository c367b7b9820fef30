#include "sim/tcp_flow.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sfu::sim {
namespace {

constexpr int64_t kReordering = 3;  // segments acknowledged above one that is lost

}  // namespace

void TcpFlow::send(int64_t bytes, Time now, std::function<void(Time)> done) {
  end_ = next_ + (bytes + static_cast<int64_t>(kSegment) - 1) / static_cast<int64_t>(kSegment);
  done_ = std::move(done);
  window_ = kInitialWindow;
  threshold_ = 1e9;
  fill_window(now);
}

// What was lost first, then what is new.
void TcpFlow::fill_window(Time now) {
  for (auto at = pending_.begin(); at != pending_.end() && lost_ > 0; ++at) {
    if (in_flight() >= static_cast<int64_t>(window_)) return;
    if (!at->second.lost) continue;
    at->second.lost = false;
    at->second.again = true;
    --lost_;
    ++retransmitted_;
    transmit(at->first, at->second, now);
  }
  while (next_ < end_ && in_flight() < static_cast<int64_t>(window_)) {
    const int64_t number = next_++;
    transmit(number, pending_[number], now);
  }
}

void TcpFlow::transmit(int64_t number, Segment& segment, Time now) {
  if (in_flight() == 1) arm(now);
  segment.sent = now;
  const auto passage = bottleneck_.carry(now, kSegment + 40);
  if (!passage) return;
  const Time acked = passage->leaves + 2 * delay_;
  agenda_.at(acked, [this, number, now, acked] { on_ack(number, now, acked); });
}

void TcpFlow::on_ack(int64_t number, Time sent, Time now) {
  const auto at = pending_.find(number);
  if (at == pending_.end()) return;  // acknowledged already: it was sent twice
  if (!at->second.again) measure(now - sent);
  if (at->second.lost) --lost_;
  pending_.erase(at);
  delivered_ += static_cast<int64_t>(kSegment);
  newest_acked_ = std::max(newest_acked_, number);
  backoff_ = 0;
  mark_lost(now);
  if (number > recovered_at_) grow();
  arm(now);
  fill_window(now);
  if (pending_.empty() && next_ == end_ && done_) std::exchange(done_, {})(now);
}

// RFC 6298, 2.
void TcpFlow::measure(Duration sample) {
  if (!round_trip_) {
    round_trip_ = sample;
    variation_ = sample / 2;
    return;
  }
  variation_ = (3 * variation_ + Duration(std::abs((*round_trip_ - sample).count()))) / 4;
  round_trip_ = (7 * *round_trip_ + sample) / 8;
}

// RFC 6675, 4: with three segments acknowledged above it. What was sent again is given a round trip.
void TcpFlow::mark_lost(Time now) {
  int64_t newest_lost = -1;
  for (auto& [number, segment] : pending_) {
    if (number > newest_acked_ - kReordering) break;
    if (segment.lost || (segment.again && now - segment.sent < timeout())) continue;
    segment.lost = true;
    ++lost_;
    newest_lost = number;
  }
  if (newest_lost >= 0) reduce(newest_lost);
}

// Once for the losses of one window.
void TcpFlow::reduce(int64_t lost) {
  if (lost <= recovered_at_) return;
  recovered_at_ = next_ - 1;
  threshold_ = window_ = std::max(window_ / 2, 2.0);
}

void TcpFlow::grow() { window_ += window_ < threshold_ ? 1 : 1 / window_; }

Duration TcpFlow::timeout() const {
  const Duration plain = round_trip_ ? *round_trip_ + 4 * variation_ : Duration(kFirstTimeout);
  return std::max<Duration>(plain, kMinTimeout) * (1 << std::min(backoff_, 6));
}

void TcpFlow::arm(Time now) {
  const uint64_t mine = ++timer_;
  if (pending_.empty()) return;
  agenda_.at(now + timeout(), [this, mine, at = now + timeout()] {
    if (mine == timer_) on_timeout(at);
  });
}

void TcpFlow::on_timeout(Time now) {
  ++backoff_;
  threshold_ = std::max(static_cast<double>(in_flight()) / 2, 2.0);
  window_ = 1;
  recovered_at_ = next_ - 1;
  for (auto& [number, segment] : pending_) segment.lost = true;
  lost_ = static_cast<int64_t>(pending_.size());
  arm(now);
  fill_window(now);
}

}  // namespace sfu::sim
