// A call whose network is too narrow, as data: who publishes, who receives, and what lies between.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bitrate.hpp"
#include "sim/bottleneck.hpp"
#include "sim/link.hpp"

namespace sfu::sim {

// A participant that publishes, over a link of its own that is wide enough.
struct Source {
  std::vector<Bitrate> layers{};  // the encodings of its camera, lowest first; none: no camera
  uint8_t temporal_layers = 3;
  Bitrate audio{};  // 0: no microphone
};

// A transport under test: all sources go to it.
struct Receiver {
  Duration starts{0};
  Duration delay{50ms};  // of propagation, each way
  // Its media comes through the backward bottleneck, and its feedback goes through the forward one.
  bool backward = false;
  struct Span {
    Duration from{0}, until{0};
  };
  std::optional<Span> pause{};  // all its consumers
};

struct Hop {
  std::vector<Bottleneck::Step> schedule;
  Bottleneck::Queue queue{.max_wait = 300ms};
};

struct Scenario {
  std::string name{};   // of its files
  std::string title{};  // in the table
  Duration length{60s};
  std::vector<Source> sources{};
  std::vector<Receiver> receivers{Receiver{}};
  Hop forward{};                  // all receivers share it
  std::optional<Hop> backward{};  // absent: wide enough
  Link::Options path{};           // behind the bottleneck: loss and jitter
  Link::Options feedback{};       // of what the receivers send
  bool ccfb = false;              // which is feedback by RFC 8888
  int long_tcp = 0;               // flows through the forward bottleneck
  int short_tcp = 0;              // each a file after the other, with pauses

  // When the call has found its rate; what is asked of steady links holds from then on.
  Duration settled{10s};
  bool steady = true;                 // goals for utilisation and queueing delay
  std::optional<Duration> step_up{};  // when the capacity grew: how long until it is used
  bool fast_step = false;             // a goal for that
  uint64_t seed = 1;
  int position = 0;  // in the table
};

std::vector<Scenario> scenarios();

}  // namespace sfu::sim
