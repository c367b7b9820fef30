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
  static constexpr Duration kMemory = 10s;
  static constexpr Duration kMoment = 200ms;

  void add(Duration delay, Time sent) {
    base_.add(delay, sent);
    recent_.add(delay, sent);
  }
  Duration get() const { return recent_.get() == Duration::max() ? 0ms : recent_.get() - base_.get(); }
  // The present delay counts as that of the empty path from now on.
  void accept(Time now) {
    base_.reset();
    base_.add(recent_.get(), now);
  }
  void reset() { *this = QueueingDelay(); }

 private:
  WindowedMin<10> base_{kMemory / 10};
  WindowedMin<4> recent_{kMoment / 4};
};

}  // namespace sfu::bwe
