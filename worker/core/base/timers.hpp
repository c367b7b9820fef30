// The few timers of one object: an enum names them, an array holds when each is due.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/time.hpp"

namespace sfu {

// Timer is an enum class whose last enumerator is kCount.
template <class Timer>
class TimerTable {
 public:
  TimerTable() { at_.fill(kNever); }

  void set(Timer t, Time at) { at_[index(t)] = at; }
  void set_if_stopped(Timer t, Time at) {
    if (at_[index(t)] == kNever) set(t, at);
  }
  void stop(Timer t) { at_[index(t)] = kNever; }
  bool runs(Timer t) const { return at_[index(t)] != kNever; }
  Time at(Timer t) const { return at_[index(t)]; }
  Time deadline() const { return *std::ranges::min_element(at_); }

  // The next timer due at `now`, stopped; nullopt when none is.
  std::optional<Timer> take(Time now) {
    for (size_t i = 0; i < at_.size(); ++i) {
      if (at_[i] > now) continue;
      at_[i] = kNever;
      return static_cast<Timer>(i);
    }
    return std::nullopt;
  }

 private:
  static size_t index(Timer t) { return static_cast<size_t>(t); }
  std::array<Time, static_cast<size_t>(Timer::kCount)> at_;
};

}  // namespace sfu
