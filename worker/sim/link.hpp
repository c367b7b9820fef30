// One direction of a simulated network path: every datagram arrives later, or is lost; a seed makes each run
// the same run.
#pragma once

#include <optional>

#include "core/base/random.hpp"
#include "core/base/time.hpp"

namespace sfu::sim {

class Link {
 public:
  struct Options {
    double loss = 0;  // share of the datagrams, 0 … 1
    Duration delay{0};
    Duration jitter{0};  // added to the delay, evenly spread; it reorders
  };
  struct Counts {
    uint64_t carried = 0;
    uint64_t lost = 0;
  };

  explicit Link(uint64_t seed) : random_(seed) {}

  void set(const Options& options) { options_ = options; }
  // When a datagram sent now arrives; nullopt: never.
  std::optional<Time> carry(Time now) {
    const bool lost = random_.real() < options_.loss;
    ++(lost ? counts_.lost : counts_.carried);
    if (lost) return std::nullopt;
    const auto extra = random_.below(static_cast<uint32_t>(options_.jitter.count()) + 1);
    return now + options_.delay + Duration(extra);
  }
  const Counts& counts() const { return counts_; }

 private:
  Random random_;
  Options options_;
  Counts counts_;
};

}  // namespace sfu::sim
