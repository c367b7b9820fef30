// A burst of packets at a rate above the estimate, which shows whether the link carries it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bitrate.hpp"

namespace sfu::bwe {

// Send at least so much, in at least so many packets, at that rate, and mark the packets with the cluster.
struct Probe {
  int32_t cluster = 0;
  Bitrate rate;
  int64_t bytes = 0;
  size_t packets = 0;
};

struct ProbeOutcome {
  Probe probe;
  std::optional<Bitrate> measured;  // nullopt: it told nothing
  bool saturated = false;           // the link carried less than was sent
};

}  // namespace sfu::bwe
