// What a receiver behind a narrow link must get, whatever is changed: bounds that whole calls keep. How far
// beyond them the present version is, npm run sim:bwe says.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/bwe/measure.hpp"
#include "sim/bwe/stage.hpp"

namespace sfu::sim {
namespace {

Figures figures_of(std::string_view name) {
  const std::vector<Scenario> all = scenarios();
  const auto scenario = std::ranges::find(all, name, &Scenario::name);
  REQUIRE(scenario != all.end());
  return measure(*scenario, run(*scenario));
}

TEST_CASE("a steady link is used, its queue kept short, and nothing lost by us") {
  for (const std::string_view name : {"steady-1m", "steady-3m", "bufferbloat", "rtt-300"}) {
    CAPTURE(name);
    const Figures figures = figures_of(name);
    CHECK(figures.media_use > 0.8);
    CHECK(figures.wait_p95 < 90ms);
    CHECK(figures.queue_loss < 0.01);
    CHECK(figures.without_picture == 0);
    CHECK(figures.most_flaps <= 1);
    CHECK(figures.burst_share <= 1);
  }
}

TEST_CASE("audio alone is not disturbed") {
  const Figures figures = figures_of("audio-only");
  CHECK(figures.media_use > 0.95);
  CHECK(figures.wait_p95 < 10ms);
  CHECK(figures.queue_loss == 0);
}

TEST_CASE("random loss is not taken for congestion") {
  for (const std::string_view name : {"loss-2", "loss-10"}) {
    CAPTURE(name);
    const Figures figures = figures_of(name);
    CHECK(figures.media_use > 0.55);
    CHECK(figures.without_picture < 0.01);
  }
}

TEST_CASE("a link that suddenly carries a fifth leaves nobody in the dark for long") {
  const Figures figures = figures_of("step-down");
  CHECK(figures.without_picture < 0.02);
  CHECK(figures.longest_freeze < 2s);
  CHECK(figures.queue_loss < 0.015);
}

TEST_CASE("a link that suddenly carries five times as much is used within seconds") {
  const Figures figures = figures_of("step-up");
  REQUIRE(figures.to_90_media);
  CHECK(*figures.to_90_media < 5s);
}

TEST_CASE("below the lowest layer there is still a picture most of the time") {
  const Figures figures = figures_of("below-lowest");
  CHECK(figures.without_picture < 0.06);
  CHECK(figures.wait_p95 < 150ms);
}

TEST_CASE("transports that share a link get equal shares of it") {
  CHECK(*figures_of("fairness-2").fairness > 0.9);
}

}  // namespace
}  // namespace sfu::sim
