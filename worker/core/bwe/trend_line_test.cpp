#include "core/bwe/trend_line.hpp"

#include <doctest/doctest.h>

#include "core/base/random.hpp"

namespace sfu::bwe {
namespace {

std::optional<TrendLine::Trend> after(TrendLine& line, int groups, Duration change, Duration apart = 20ms) {
  static Time now{1000s};
  std::optional<TrendLine::Trend> trend;
  for (int i = 0; i < groups; ++i) trend = line.add(change, now += apart);
  return trend;
}

TEST_CASE("nothing is known until the window is full") {
  TrendLine line;
  CHECK_FALSE(after(line, TrendLine::kWindow - 1, 1ms));
  CHECK(after(line, 1, 1ms));
}

TEST_CASE("the slope is that of the delay, once it is smooth") {
  struct Row {
    Duration change;
    double slope;
  };
  for (const auto& [change, slope] : {Row{0ms, 0}, {1ms, 0.05}, {-1ms, -0.05}, {200us, 0.01}, {20ms, 1}}) {
    TrendLine line;
    const auto trend = after(line, 100, change);
    CHECK(trend->slope == doctest::Approx(slope).epsilon(0.01));
    CHECK(seconds(trend->rise) == doctest::Approx(slope * 0.38).epsilon(0.01));
  }
}

TEST_CASE("a queue that no longer grows has no slope") {
  TrendLine line;
  after(line, 100, 1ms);
  CHECK(after(line, 100, 0ms)->slope == doctest::Approx(0).epsilon(0.001));
}

TEST_CASE("jitter without a trend has a small slope") {
  Random random(3);
  TrendLine line;
  Duration delay{};
  for (int i = 0; i < 1000; ++i) {
    const Duration next(random.below(10'000));
    const auto trend = after(line, 1, next - delay);
    delay = next;
    if (i > 50) CHECK(std::abs(trend->slope) < 0.02);
  }
}

TEST_CASE("packets that all arrive at once have no slope") {
  TrendLine line;
  CHECK_FALSE(after(line, 100, 1ms, 0ms));
}

}  // namespace
}  // namespace sfu::bwe
