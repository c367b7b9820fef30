// Bits and packets per second over the last second, or a longer time: 20 buckets, the present one included.
// Adding and asking cost at most one pass over the buckets that time has left behind.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/time.hpp"

namespace sfu::rtp {

template <int kMilliseconds>
class RateOver {
 public:
  static constexpr size_t kBuckets = 20;
  static constexpr Duration kSpan{kMilliseconds * 1000};
  static constexpr Duration kBucket = kSpan / kBuckets;
  // Of a time that has just begun nothing is known.
  static constexpr Duration kShortest = kSpan / 10;

  void add(size_t bytes, Time now, size_t packets = 1) {
    advance(now);
    Bucket& bucket = buckets_[newest_ % kBuckets];
    bucket.bytes += bytes;
    bucket.packets += packets;
    total_.bytes += bytes;
    total_.packets += packets;
  }
  uint64_t bits_per_second(Time now) {
    advance(now);
    return total_.bytes * 8 * 1000 / kMilliseconds;
  }
  // Of what began to be added then.
  uint64_t bits_per_second(Time now, Time began) {
    advance(now);
    const auto span = static_cast<uint64_t>(std::clamp(now - began, kShortest, kSpan).count());
    return total_.bytes * 8'000'000 / span;
  }
  uint64_t packets_per_second(Time now) {
    advance(now);
    return total_.packets * 1000 / kMilliseconds;
  }

 private:
  struct Bucket {
    uint64_t bytes = 0;
    uint64_t packets = 0;
  };

  void advance(Time now) {
    const auto number = static_cast<uint64_t>(now.time_since_epoch() / kBucket);
    if (number >= newest_ + kBuckets) {
      buckets_.fill({});
      total_ = {};
      newest_ = number;
    }
    while (newest_ < number) {
      Bucket& oldest = buckets_[++newest_ % kBuckets];
      total_.bytes -= oldest.bytes;
      total_.packets -= oldest.packets;
      oldest = {};
    }
  }

  std::array<Bucket, kBuckets> buckets_{};
  Bucket total_;
  uint64_t newest_ = 0;
};

using Rate = RateOver<1000>;
// Over some key frames and turns of what is seen: what a stream will need, rather than what it just had.
using SteadyRate = RateOver<5000>;

}  // namespace sfu::rtp
