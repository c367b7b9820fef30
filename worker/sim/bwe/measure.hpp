// What a recording says about congestion control. docs/bwe/README.md explains each figure.
#pragma once

#include <span>

#include "sim/bwe/recording.hpp"
#include "sim/bwe/scenario.hpp"

namespace sfu::sim {

struct Figures {
  double media_use = 0;  // of what could have been sent in whole layers
  double link_use = 0;
  std::optional<Duration> to_90_media{};  // after the step up; nullopt: never, or there is none
  std::optional<Duration> to_90_estimate{};
  Duration wait_median{0}, wait_p95{0};
  double overshoot = 0;
  double queue_loss = 0;
  double layer_changes = 0;  // a minute and consumer
  int most_flaps = 0;        // of one consumer within kFlapWindow
  double without_picture = 0;
  Duration longest_freeze{0};
  int burst_packets = 0;                // p99
  std::optional<double> burst_share{};  // p99, of the slot's budget; nullopt: no pacer ruled
  std::optional<double> fairness{};     // Jain's; nullopt: a flow alone
};

Figures measure(const Scenario& scenario, const Recording& recording);

// A flap is a change that takes the last one back, within kFlapWindow of it: up and down, or down and up. The
// most of them within kFlapWindow, from `from` on.
constexpr Duration kFlapWindow = 10s;
int most_flaps(std::span<const WatchedConsumer::Layers> changes, Duration from);

// Of what a slot may carry, how much was sent besides its largest packet: a slot's budget is rounded up to
// a whole packet, and audio does not wait behind it.
double share_of_budget(const Burst& burst);

// The most that one step of each ladder and `fixed` can come to within `capacity`; all of it, if even the
// lowest steps do not fit.
Bitrate best_fit(std::span<const std::vector<Bitrate>> ladders, Bitrate fixed, Bitrate capacity);

// The value that this share of them does not exceed; 0 of none.
template <class Value>
Value percentile(std::vector<Value> values, double share);

// 1: all have the same; 1/n: one has all.
double jain(std::span<const double> rates);

struct Freezes {
  Duration total{0};    // without a picture younger than the limit
  Duration longest{0};  // between two pictures
};
Freezes freezes(std::span<const Duration> decoded, Duration from, Duration until, Duration limit);

// The rates over the last second, at the end of each bin.
std::vector<Bitrate> over_a_second(std::span<const int64_t> bins);

}  // namespace sfu::sim
