// One direction of a simulated network path: every datagram arrives later, or is lost; a seed makes each run
// the same run. It may lead through a bottleneck, which it shares with others; what gets through may be lost
// behind it.
#pragma once

#include <functional>
#include <optional>

#include "core/base/random.hpp"
#include "core/base/time.hpp"
#include "sim/bottleneck.hpp"

namespace sfu::sim {

class Link {
 public:
  // Loss in bursts (Gilbert and Elliott): all is lost in the bad state, whose chances are told for each
  // datagram. The share lost is enter / (enter + leave), a burst 1 / leave long in the mean.
  struct Bursts {
    double enter = 0;
    double leave = 1;
  };
  struct Options {
    double loss = 0;  // share of the datagrams, 0 … 1
    Duration delay{0};
    Duration jitter{0};     // added to the delay, evenly spread
    bool in_order = false;  // jitter does not reorder: a datagram waits for those sent before it
    Bursts bursts{};
  };
  struct Counts {
    uint64_t carried = 0;
    uint64_t lost = 0;  // by the bottleneck, too
  };
  // What became of one datagram.
  struct Crossing {
    Time sent{};
    size_t bytes = 0;
    Duration waited{0};    // in the bottleneck's queue
    bool dropped = false;  // by the bottleneck
    std::optional<Time> arrives{};
  };

  explicit Link(uint64_t seed) : random_(seed) {}

  void set(const Options& options) { options_ = options; }
  void lead_through(Bottleneck* bottleneck) { bottleneck_ = bottleneck; }
  // Told of each datagram.
  std::function<void(const Crossing&)> observer;

  // When a datagram sent now arrives; nullopt: never.
  std::optional<Time> carry(Time now, size_t bytes);
  const Counts& counts() const { return counts_; }

 private:
  Crossing cross(Time now, size_t bytes);
  bool loses();
  Time arrival(Time sent);

  Random random_;
  Options options_;
  Bottleneck* bottleneck_ = nullptr;
  bool bad_ = false;  // the state of Bursts
  Time newest_{};     // of the arrivals
  Counts counts_;
};

}  // namespace sfu::sim
