// The slowest hop of a path: a queue in front of a rate that changes by a schedule. First in, first out; what
// finds the queue full is dropped. Several links and other traffic may lead through one. Sizes and rates are
// of UDP payloads.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "core/base/bitrate.hpp"

namespace sfu::sim {

class Bottleneck {
 public:
  // From `at` on, counted from the start.
  struct Step {
    Duration at{0};
    Bitrate rate;
  };
  // Full when what is there, with the datagram being sent, would be more than max_bytes, or when a datagram
  // would wait for longer than max_wait until its own transmission begins.
  struct Queue {
    int64_t max_bytes = INT64_MAX;
    Duration max_wait = Duration::max();
  };
  struct Passage {
    Duration waited{0};  // before its transmission began
    Time leaves{};
  };
  struct Counts {
    uint64_t carried = 0;
    uint64_t dropped = 0;
    int64_t bytes = 0;
  };

  // `schedule` begins at 0 and is in order; a rate of 0 is an outage, but not for ever.
  Bottleneck(Time start, std::vector<Step> schedule, Queue queue);

  // A datagram that comes now; calls are in the order of time. nullopt: dropped.
  std::optional<Passage> carry(Time now, size_t bytes);

  Bitrate rate_at(Time at) const;
  const Counts& counts() const { return counts_; }

 private:
  struct Waiting {
    Time leaves{};
    int64_t bytes = 0;
  };

  size_t step_at(Time at) const;
  Time end_of(size_t step) const;
  Time transmit(Time begins, size_t bytes) const;

  Time start_;
  std::vector<Step> schedule_;
  Queue queue_;
  std::deque<Waiting> waiting_;
  int64_t waiting_bytes_ = 0;
  Time idle_from_{};  // all that came has left then
  Counts counts_;
};

}  // namespace sfu::sim
