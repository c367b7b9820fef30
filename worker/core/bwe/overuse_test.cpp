#include "core/bwe/overuse.hpp"

#include <doctest/doctest.h>

#include "core/base/random.hpp"

namespace sfu::bwe {
namespace {

struct Detector {
  Overuse overuse;
  Time now{1000s};

  // The trend as the delay that it adds, which is what the threshold speaks of.
  Usage add(double trend, Duration apart = 20ms) {
    now += apart;
    return overuse.add(trend / Overuse::kSpan, now);
  }
  void add_many(int count, double trend) {
    for (int i = 0; i < count; ++i) add(trend);
  }
};

TEST_CASE("a trend above the threshold is overuse when it lasts and does not fall") {
  struct Row {
    double trend;
    Usage usage;
  };
  Detector detector;
  for (const auto& [trend, usage] : {Row{5, Usage::kNormal},
                                     {20, Usage::kNormal},
                                     {25, Usage::kOver},
                                     {30, Usage::kOver},
                                     {22, Usage::kNormal},
                                     {25, Usage::kOver},
                                     {5, Usage::kNormal},
                                     {-30, Usage::kUnder},
                                     {25, Usage::kNormal},
                                     {25, Usage::kOver}})
    CHECK(detector.add(trend) == usage);
}

TEST_CASE("a moment above the threshold is not overuse") {
  Detector detector;
  CHECK(detector.add(20, 2ms) == Usage::kNormal);
  CHECK(detector.add(21, 2ms) == Usage::kNormal);
  CHECK(detector.add(22, 10ms) == Usage::kOver);
}

TEST_CASE("the threshold rises fast with the trends that are seen, and falls slowly") {
  Detector detector;
  detector.add_many(50, 25);
  const double high = detector.overuse.threshold();
  CHECK(high > 24);
  detector.add_many(50, 0);
  CHECK(detector.overuse.threshold() > high * 0.8);
  detector.add_many(2000, 0);
  CHECK(detector.overuse.threshold() == Overuse::kMinThreshold);
}

TEST_CASE("a link that becomes another one hardly moves the threshold") {
  Detector detector;
  detector.add_many(20, 900);
  CHECK(detector.overuse.threshold() < Overuse::kInitialThreshold + 7);
  CHECK(detector.add(900) == Usage::kOver);
}

TEST_CASE("jitter that lasts raises the threshold above most of it, however large it is") {
  Random random(8);
  Detector detector;
  detector.add_many(10, 0);
  double trend = 0;
  int over = 0;
  for (int i = 0; i < 4000; ++i) {
    trend = 0.9 * trend + 40 * (2 * random.real() - 1);
    over += detector.add(trend) == Usage::kOver && i >= 2000;
  }
  CHECK(over < 100);
}

TEST_CASE("the threshold stays between its bounds") {
  Detector detector;
  detector.add_many(10'000, 1e9);
  CHECK(detector.overuse.threshold() <= Overuse::kMaxThreshold);
  detector.add_many(10'000, 0);
  CHECK(detector.overuse.threshold() >= Overuse::kMinThreshold);
}

}  // namespace
}  // namespace sfu::bwe
