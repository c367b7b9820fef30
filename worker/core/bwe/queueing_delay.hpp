// How long packets wait in the queues of the path: the smallest delay of the last moment above the smallest
// of the last kMemory. Smallest, so that jitter, which only ever adds, does not look like a queue.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/base/time.hpp"

namespace sfu::bwe {

// The smallest value of the last kBuckets spans of time, the present one included.
template <size_t kBuckets>
class WindowedMin {
 public:
  explicit WindowedMin(Duration span) : span_(span) { reset(); }

  void add(Duration value, Time now) {
    const int64_t number = now.time_since_epoch() / span_;
    if (number - newest_ >= static_cast<int64_t>(kBuckets)) reset();
    if (newest_ == kNone) newest_ = number - 1;
    while (newest_ < number) bucket(++newest_) = Duration::max();
    bucket(newest_) = std::min(bucket(newest_), value);
  }
  Duration get() const { return *std::ranges::min_element(buckets_); }
  void reset() {
    buckets_.fill(Duration::max());
    newest_ = kNone;
  }

 private:
  static constexpr int64_t kNone = INT64_MIN / 2;
  Duration& bucket(int64_t number) { return buckets_[static_cast<uint64_t>(number) % kBuckets]; }

  Duration span_;
  std::array<Duration, kBuckets> buckets_;
  int64_t newest_ = kNone;
};

class QueueingDelay {
 public:
  static constexpr Duration kMemory = 30s;
  static constexpr Duration kMoment = 200ms;

  void add(Duration delay, Time sent) {
    const int64_t moment = sent.time_since_epoch() / kMoment;
    if (moment > moment_ && recent_.get() != Duration::max()) note(recent_.get());
    moment_ = std::max(moment_, moment);
    base_.add(delay, sent);
    recent_.add(delay, sent);
  }
  Duration get() const { return recent_.get() == Duration::max() ? 0ms : recent_.get() - base_.get(); }
  // By how much get() is off, on average, because of jitter: how far from a straight line it moves.
  Duration noise() const { return noise_; }
  // The present delay counts as that of the empty path from now on.
  void accept(Time now) {
    base_.reset();
    base_.add(recent_.get(), now);
  }
  void reset() { *this = QueueingDelay(); }

 private:
  void note(Duration smallest) {
    const Duration bend = std::chrono::abs(smallest - 2 * last_[0] + last_[1]) / 2;
    // A link that becomes another one bends the line once.
    if (moments_ >= 2) noise_ += (std::min(bend, 3 * noise_ + 10ms) - noise_) / 8;
    last_ = {smallest, last_[0]};
    ++moments_;
  }

  WindowedMin<10> base_{kMemory / 10};
  WindowedMin<4> recent_{kMoment / 4};
  int64_t moment_ = INT64_MIN;
  int64_t moments_ = 0;
  std::array<Duration, 2> last_{};
  Duration noise_ = 10ms;  // until it is known
};

}  // namespace sfu::bwe
