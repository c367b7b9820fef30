#include "core/base/timers.hpp"

#include <doctest/doctest.h>

namespace sfu {

namespace {

enum class Timer { kConsent, kReport, kNack, kCount };
using Timers = TimerTable<Timer>;
constexpr Time kStart{100s};

}  // namespace

TEST_CASE("no timer runs at first") {
  Timers timers;
  CHECK_EQ(timers.deadline(), kNever);
  CHECK_FALSE(timers.take(kStart));
  CHECK_FALSE(timers.runs(Timer::kNack));
}

TEST_CASE("the deadline is the earliest timer's") {
  Timers timers;
  timers.set(Timer::kReport, kStart + 2s);
  timers.set(Timer::kNack, kStart + 1s);
  CHECK_EQ(timers.deadline(), kStart + 1s);
  timers.stop(Timer::kNack);
  CHECK_EQ(timers.deadline(), kStart + 2s);
}

TEST_CASE("a timer is taken once, when its time has come") {
  Timers timers;
  timers.set(Timer::kNack, kStart);
  CHECK_FALSE(timers.take(kStart - 1us));
  CHECK_EQ(timers.take(kStart), Timer::kNack);
  CHECK_FALSE(timers.take(kStart));
  CHECK_FALSE(timers.runs(Timer::kNack));
}

TEST_CASE("all that are due are taken, and the others stay") {
  Timers timers;
  timers.set(Timer::kConsent, kStart);
  timers.set(Timer::kReport, kStart + 1s);
  timers.set(Timer::kNack, kStart);
  CHECK_EQ(timers.take(kStart), Timer::kConsent);
  CHECK_EQ(timers.take(kStart), Timer::kNack);
  CHECK_FALSE(timers.take(kStart));
  CHECK_EQ(timers.at(Timer::kReport), kStart + 1s);
}

TEST_CASE("setting moves a running timer, setting if stopped does not") {
  Timers timers;
  timers.set_if_stopped(Timer::kNack, kStart);
  timers.set_if_stopped(Timer::kNack, kStart + 1s);
  CHECK_EQ(timers.at(Timer::kNack), kStart);
  timers.set(Timer::kNack, kStart + 1s);
  CHECK_EQ(timers.at(Timer::kNack), kStart + 1s);
}

}  // namespace sfu
