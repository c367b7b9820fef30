// When to probe, and at which rate. A climb is a row of probes, each at twice what the one before has shown,
// until one is no longer near the rate that was tried or the goal is reached. A climb begins
//   at the start, at kStart times the estimate;
//   when more becomes wanted than the estimate allows;
//   some time after a large drop, at most of what there was before;
//   every kPeriod, while more is wanted and nothing tells how much the link carries: because little is sent,
//   or because it has borne more than was known. Where probes fail, the period doubles up to kMaxPeriod.
#pragma once

#include <optional>

#include "core/bwe/probe.hpp"

namespace sfu::bwe {

class ProbeControl {
 public:
  static constexpr double kStart = 3;
  static constexpr double kClimb = 2;
  static constexpr double kNear = 0.7;       // of the rate that was tried
  static constexpr double kOverGoal = 1.15;  // of what is wanted, which then surely fits
  static constexpr Duration kLength = 20ms;
  static constexpr size_t kMinPackets = 5;
  static constexpr Duration kSpacing = 1s;  // between climbs
  static constexpr Duration kPeriod = 5s;
  static constexpr Duration kMaxPeriod = 10s;
  static constexpr Duration kLook = 500ms;
  static constexpr double kDrop = 0.66;      // a fall to less than this within kPeriod is a large drop
  static constexpr Duration kRecovery = 2s;  // after it
  static constexpr double kRecovered = 0.85;

  struct State {
    Bitrate estimate;
    Bitrate goal;                // what is wanted, and allowed
    bool unknown_above = false;  // nothing tells that the link would not carry more
    bool calm = true;            // no queue that another probe would add to
  };

  void update(const State& state, Time now);
  // The link bears more than was known to be its capacity.
  void on_exceeded(Time now) {
    period_ = kPeriod;
    due_ = now;
  }
  void on_outcome(const ProbeOutcome& outcome, const State& state, Time now);
  // The probe to send now, once.
  std::optional<Probe> take();
  bool has_probe() const { return next_.has_value(); }
  // When to call update(), though nothing has happened.
  Time deadline() const { return look_again_; }

 private:
  void watch_drops(Bitrate estimate, Time now);
  std::optional<Bitrate> first_step(const State& state, Time now);
  void step(Bitrate rate, const State& state);
  void end_climb(bool succeeded, Time now);

  std::optional<Bitrate> next_;
  bool awaited_ = false;  // a probe was taken, its outcome is not known
  int32_t clusters_ = 0;
  bool started_ = false;
  bool climbed_ = false;  // the present climb has shown something
  Bitrate goal_;          // of the last climb
  Duration period_ = kPeriod;
  Time allowed_{};  // the next climb
  Time due_{};      // the next periodic one
  Time look_again_ = kNever;

  Bitrate peak_;  // of the estimate, lately
  Time peaked_{};
  std::optional<Bitrate> lost_;  // what there was before a drop
  Time recovery_ = kNever;
};

}  // namespace sfu::bwe
