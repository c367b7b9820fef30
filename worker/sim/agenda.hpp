// What is to happen at which time: the part of a simulation that is no datagram of the core's.
#pragma once

#include <functional>
#include <map>

#include "core/base/time.hpp"

namespace sfu::sim {

class Agenda {
 public:
  using Action = std::function<void()>;

  void at(Time when, Action action) { actions_.emplace(when, std::move(action)); }
  // At `first`, and every `interval` then.
  void every(Duration interval, Time first, Action action) {
    at(first, [this, interval, first, action = std::move(action)]() mutable {
      action();
      every(interval, first + interval, std::move(action));
    });
  }
  Time next() const { return actions_.empty() ? kNever : actions_.begin()->first; }
  // What is due, in the order of time and, of one time, that in which it was entered.
  void run_due(Time now) {
    while (next() <= now) actions_.extract(actions_.begin()).mapped()();
  }

 private:
  std::multimap<Time, Action> actions_;
};

}  // namespace sfu::sim
