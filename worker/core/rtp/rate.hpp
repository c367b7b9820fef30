// Bits and packets per second over the last second: 20 buckets of 50 ms, the present one included. Adding and
// asking cost at most one pass over the buckets that time has left behind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/time.hpp"

namespace sfu::rtp {

class Rate {
 public:
  static constexpr Duration kBucket = 50ms;
  static constexpr size_t kBuckets = 20;

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
    return total_.bytes * 8;
  }
  uint64_t packets_per_second(Time now) {
    advance(now);
    return total_.packets;
  }

 private:
  static_assert(kBucket * kBuckets == 1s);
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

}  // namespace sfu::rtp
