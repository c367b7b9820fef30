#include "core/rtp/reception.hpp"

#include <algorithm>
#include <cstdlib>

namespace sfu::rtp {

namespace {

constexpr int32_t kMaxLost = 0x7fffff, kMinLost = -0x800000;

}  // namespace

bool Reception::on_packet(uint16_t sequence, uint32_t timestamp, Time arrival, uint32_t clock_rate,
                          size_t bytes) {
  if (!started_)
    restart(sequence);
  else if (!place(sequence))
    return false;
  ++received_since_start_;
  ++packets_;
  bytes_ += bytes;
  if (in_order_) measure_jitter(timestamp, arrival, clock_rate);
  return true;
}

void Reception::restart(uint16_t sequence) {
  started_ = in_order_ = true;
  timed_ = false;
  highest_ = sequence;
  first_ = sequence;
  cycles_ = 0;
  received_since_start_ = received_before_ = 0;
  expected_before_ = 0;
  after_jump_.reset();
}

bool Reception::place(uint16_t sequence) {
  const auto ahead = static_cast<uint16_t>(sequence - highest_);
  in_order_ = ahead != 0 && ahead < kMaxDropout;
  if (in_order_) {
    if (sequence < highest_) cycles_ += 1u << 16;
    highest_ = sequence;
    after_jump_.reset();
    return true;
  }
  if (ahead == 0 || ahead >= 65536 - kMaxMisorder) return true;
  if (after_jump_ == sequence) {
    restart(sequence);
    return true;
  }
  after_jump_ = static_cast<uint16_t>(sequence + 1);
  return false;
}

// Packets of one frame have one timestamp: only the first says something of the network.
void Reception::measure_jitter(uint32_t timestamp, Time arrival, uint32_t clock_rate) {
  if (timed_ && timestamp == last_timestamp_) return;
  const int64_t limit = 5 * int64_t{clock_rate};
  const int64_t passed = std::min<int64_t>((arrival - last_arrival_).count(), 100'000'000);
  const int64_t difference =
      std::abs(passed * clock_rate / 1'000'000 - static_cast<int32_t>(timestamp - last_timestamp_));
  // A larger one is a pause or a new timestamp base.
  if (timed_ && difference < limit) {
    const int64_t change = difference - ((jitter_ + 8) >> 4);
    jitter_ = static_cast<uint32_t>(int64_t{jitter_} + change);
  }
  timed_ = true;
  last_timestamp_ = timestamp;
  last_arrival_ = arrival;
}

int64_t Reception::expected() const { return started_ ? int64_t{cycles_} + highest_ - first_ + 1 : 0; }

Reception::Report Reception::report() {
  const int64_t expected_now = expected() - expected_before_;
  const int64_t received_now = static_cast<int64_t>(received_since_start_ - received_before_);
  const int64_t lost_now = expected_now - received_now;
  expected_before_ = expected();
  received_before_ = received_since_start_;

  Report report;
  if (expected_now > 0 && lost_now > 0)
    report.fraction_lost = static_cast<uint8_t>(std::min<int64_t>((lost_now << 8) / expected_now, 255));
  report.lost = static_cast<int32_t>(std::clamp<int64_t>(lost(), kMinLost, kMaxLost));
  report.extended_highest = cycles_ | highest_;
  report.jitter = jitter();
  return report;
}

}  // namespace sfu::rtp
