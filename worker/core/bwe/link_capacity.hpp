// What the link carries for us, as far as it was seen: the rate that arrived whenever the link was overused.
// A link of our own carries the same each time. Where the measurements scatter, others use it too, and what
// arrives is our share of the moment.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/bitrate.hpp"

namespace sfu::bwe {

class LinkCapacity {
 public:
  // A measurement further than this from what is known replaces it, another one moves it by kWeight.
  static constexpr double kSame = 0.15;
  static constexpr double kWeight = 0.25;
  // Scattering by so much, on average, is that of a shared link. A single measurement counts as kMaxScatter
  // at most: a link that becomes another one is not a shared one for that.
  static constexpr double kShared = 0.04;
  static constexpr double kMaxScatter = 0.08;
  // What arrives above this share of the capacity shows that it is not what it was.
  static constexpr double kExceeded = 1.07;
  static constexpr double kExceededIfShared = 1.5;

  std::optional<Bitrate> get() const { return capacity_; }
  bool is_shared() const { return scatter_ > kShared; }

  void learn(Bitrate measured) {
    if (!capacity_) capacity_ = measured;
    const double off = std::abs(measured / *capacity_ - 1);
    scatter_ += (std::min(off, kMaxScatter) - scatter_) * kWeight;
    capacity_ = off < kSame ? *capacity_ * (1 - kWeight) + measured * kWeight : measured;
  }
  bool is_exceeded_by(Bitrate arriving) const {
    return capacity_ && arriving > *capacity_ * (is_shared() ? kExceededIfShared : kExceeded);
  }
  void forget() { capacity_.reset(); }

 private:
  std::optional<Bitrate> capacity_;
  double scatter_ = 0;
};

}  // namespace sfu::bwe
