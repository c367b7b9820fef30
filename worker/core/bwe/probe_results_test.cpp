#include "core/bwe/probe_results.hpp"

#include <doctest/doctest.h>

namespace sfu::bwe {
namespace {

constexpr Time kStart{1000s};
constexpr Probe kProbe{.cluster = 3, .rate = 2_mbps, .bytes = 10'000, .packets = 10};

// Ten packets of 1,000 bytes, 4 ms apart, that is 2 Mbit/s, and what became of them.
struct Cluster {
  ProbeResults results;

  Cluster() { results.expect(kProbe, kStart); }
  void received(int i, Duration arrival) {
    results.add({.sent = {.sent = kStart + i * 4ms, .size = 1000, .probe = 3}, .arrived = kStart + arrival});
  }
  void lost(int i) {
    results.add({.sent = {.sent = kStart + i * 4ms, .size = 1000, .probe = 3}, .arrived = {}});
  }
  void all(Duration apart) {
    for (int i = 0; i < 10; ++i) received(i, 30ms + i * apart);
  }
};

double kbps(const std::optional<ProbeOutcome>& outcome) {
  REQUIRE(outcome);
  REQUIRE(outcome->measured);
  return static_cast<double>(outcome->measured->bps) / 1000;
}

TEST_CASE("a link that carries the probe is known to carry its rate") {
  Cluster cluster;
  cluster.all(4ms);
  const auto outcome = cluster.results.take(kStart);
  CHECK(kbps(outcome) == doctest::Approx(2000));
  CHECK_FALSE(outcome->saturated);
  CHECK(outcome->probe.cluster == 3);
  CHECK_FALSE(cluster.results.take(kStart));
}

TEST_CASE("a link that carries less is known to carry a little less than what arrived") {
  Cluster cluster;
  cluster.all(8ms);
  const auto outcome = cluster.results.take(kStart);
  CHECK(outcome->saturated);
  CHECK(kbps(outcome) == doctest::Approx(950));
}

TEST_CASE("packets that left at once are measured by those before them") {
  Cluster cluster;
  for (int i = 0; i < 10; ++i)
    cluster.results.add({.sent = {.sent = kStart + i / 5 * 20ms, .size = 1000, .probe = 3},
                         .arrived = kStart + 30ms + i / 5 * 20ms + i % 5 * 1ms});
  CHECK(kbps(cluster.results.take(kStart)) == doctest::Approx(2000));
}

TEST_CASE("what arrives in one go was held up, and tells nothing") {
  Cluster cluster;
  cluster.all(1ms);
  const auto outcome = cluster.results.take(kStart);
  REQUIRE(outcome);
  CHECK_FALSE(outcome->measured);
}

TEST_CASE("packets that overtake each other tell of jitter, not of a rate") {
  Cluster cluster;
  for (int i = 0; i < 10; ++i) cluster.received(i, 30ms + (i % 2 ? i * 8ms : 100ms - i * 8ms));
  const auto outcome = cluster.results.take(kStart);
  REQUIRE(outcome);
  CHECK_FALSE(outcome->measured);
}

TEST_CASE("a few lost packets do no harm, too many tell nothing") {
  for (const int losses : {0, 1, 2, 4, 5, 9, 10}) {
    Cluster cluster;
    for (int i = 0; i < 10; ++i) {
      if (i % 2 ? i / 2 < losses : i / 2 + 5 < losses)
        cluster.lost(i);
      else
        cluster.received(i, 30ms + i * 4ms);
    }
    const auto outcome = cluster.results.take(kStart);
    REQUIRE(outcome);
    CHECK(outcome->measured.has_value() == (losses <= 4));
  }
}

TEST_CASE("a probe is under way from its first report to its last") {
  Cluster cluster;
  CHECK(cluster.results.is_expecting());
  CHECK_FALSE(cluster.results.is_under_way());
  cluster.received(0, 30ms);
  CHECK(cluster.results.is_under_way());
  CHECK_FALSE(cluster.results.take(kStart));
  for (int i = 1; i < 10; ++i) cluster.received(i, 30ms + i * 4ms);
  CHECK(cluster.results.take(kStart));
  CHECK_FALSE(cluster.results.is_under_way());
}

TEST_CASE("a probe that is not reported ends, with what there is") {
  Cluster cluster, half;
  const Time end = kStart + ProbeResults::kTimeout;
  CHECK(cluster.results.deadline() == end);
  CHECK_FALSE(cluster.results.take(end - 1us));
  CHECK_FALSE(cluster.results.take(end)->measured);
  CHECK(cluster.results.deadline() == kNever);
  for (int i = 0; i < 8; ++i) half.received(i, 30ms + i * 4ms);
  CHECK(kbps(half.results.take(end)) == doctest::Approx(2000));
}

TEST_CASE("a packet that was reported lost and came after all counts once; other clusters do not") {
  Cluster cluster;
  for (int i = 0; i < 9; ++i) cluster.received(i, 30ms + i * 4ms);
  cluster.results.add(
      {.sent = {.sent = kStart, .size = 1000, .probe = 3}, .arrived = kStart, .was_lost = true});
  cluster.results.add({.sent = {.sent = kStart, .size = 1000, .probe = 2}, .arrived = kStart});
  CHECK_FALSE(cluster.results.take(kStart));
  cluster.lost(9);
  CHECK(cluster.results.take(kStart));
}

TEST_CASE("packets that all left and arrived in the same moment tell nothing") {
  Cluster cluster;
  for (int i = 0; i < 10; ++i)
    cluster.results.add({.sent = {.sent = kStart, .size = 1000, .probe = 3}, .arrived = kStart});
  CHECK_FALSE(cluster.results.take(kStart)->measured);
}

}  // namespace
}  // namespace sfu::bwe
