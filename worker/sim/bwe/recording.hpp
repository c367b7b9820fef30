// What was seen of a scenario, over time; times count from its start.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bitrate.hpp"

namespace sfu::sim {

struct Bin {
  static constexpr Duration kSpan = 100ms;

  int64_t sent = 0;     // bytes that the core sent on the transport, RTP and all else
  int64_t arrived = 0;  // of RTP
  int64_t media = 0;    // of it, what was new: no padding, no duplicates
  int64_t packets = 0;  // sent
  int64_t dropped = 0;  // by the bottleneck
  Duration longest_wait{0};
  std::optional<Bitrate> estimate{};  // at its end
};

// What a transport sent at one moment.
struct Burst {
  static constexpr Duration kSpan = 1ms;

  int64_t bytes = 0;
  int64_t largest = 0;  // of them, of the largest packet
  int packets = 0;
  std::optional<int64_t> allowance{};  // bytes that a slot of its pacer may carry
};

struct WatchedConsumer {
  struct Layers {
    Duration at{0};
    int spatial = -1;   // -1: nothing
    int temporal = -1;  // -1: not told
  };
  size_t source = 0;
  bool video = false;
  std::vector<Duration> decoded{};
  std::vector<Layers> layers{};
};

struct WatchedFlow {
  struct Wait {
    Duration at{0}, waited{0};
  };
  std::vector<Bin> bins{};
  std::vector<Wait> waits{};  // of each RTP packet that arrived
  std::vector<Burst> bursts{};
  std::vector<WatchedConsumer> consumers{};
};

struct Recording {
  std::vector<WatchedFlow> flows{};              // as the scenario's receivers
  std::vector<std::vector<int64_t>> long_tcp{};  // bytes delivered, by bin
  std::vector<std::vector<int64_t>> short_tcp{};
  // On the wire to a receiver, of each source: what its camera is sent at, and its voice.
  std::vector<std::vector<Bitrate>> ladders{};
  std::vector<Bitrate> voices{};
};

}  // namespace sfu::sim
