#include "sim/bwe/measure.hpp"

#include <doctest/doctest.h>

#include "sim/bwe/stage.hpp"

namespace sfu::sim {
namespace {

using Rates = std::vector<Bitrate>;

// A recording of one flow over a constant link of 1 Mbit/s, in which the receiver gets `media` all the time.
Recording flow_at(Bitrate media, Duration length, std::vector<Rates> ladders) {
  Recording out{.flows = std::vector<WatchedFlow>(1), .ladders = std::move(ladders)};
  const int64_t bytes = media.bytes_in(Bin::kSpan);
  for (Duration at{0}; at < length; at += Bin::kSpan)
    out.flows[0].bins.push_back({.sent = bytes, .arrived = bytes, .media = bytes, .packets = 1});
  return out;
}

Scenario link(std::vector<Bottleneck::Step> schedule) {
  return {.length = 20s, .forward = {.schedule = std::move(schedule)}};
}

}  // namespace

TEST_CASE("the best fit is the highest sum of one step of each ladder that the capacity takes") {
  const std::vector<Rates> two = {{100_kbps, 300_kbps, 1500_kbps}, {100_kbps, 300_kbps, 1500_kbps}};
  CHECK(best_fit(two, {}, 1_mbps) == 600_kbps);
  CHECK(best_fit(two, 50_kbps, 500_kbps) == 450_kbps);
  CHECK(best_fit(two, {}, 1700_kbps) == 1600_kbps);
  CHECK(best_fit(two, {}, 1_mbps * 100) == 3_mbps);
  CHECK(best_fit(two, {}, 150_kbps) == 150_kbps);  // not even the lowest: the link is what there is
  CHECK(best_fit({}, 70_kbps, 1_mbps) == 70_kbps);
}

TEST_CASE("a percentile is the value that so many do not exceed") {
  std::vector<int> values;
  for (int i = 100; i > 0; --i) values.push_back(i);
  CHECK(percentile(values, 0.5) == 50);
  CHECK(percentile(values, 0.95) == 95);
  CHECK(percentile(values, 1) == 100);
  CHECK(percentile(std::vector<int>{7}, 0.01) == 7);
  CHECK(percentile(std::vector<int>{}, 0.5) == 0);
}

TEST_CASE("Jain's index is 1 among equals, and 1/n where one has all") {
  CHECK(jain(std::vector<double>{3, 3, 3}) == doctest::Approx(1));
  CHECK(jain(std::vector<double>{5, 0, 0, 0}) == doctest::Approx(0.25));
}

TEST_CASE("without a picture is the time in which the last one is older than the limit") {
  const std::vector<Duration> decoded = {100ms, 200ms, 1200ms, 1300ms};
  const Freezes found = freezes(decoded, 0s, 2s, 500ms);
  CHECK(found.total == 500ms + 200ms);
  CHECK(found.longest == 1s);
  CHECK(freezes({}, 1s, 3s, 500ms).total == 1500ms);
  CHECK(freezes(decoded, 0s, 250ms, 500ms).total == 0ms);
}

TEST_CASE("a flap is a change that takes the last one back before long; a climb is none") {
  std::vector<WatchedConsumer::Layers> changes = {{1s, 0, 2}, {2s, 1, 1}, {3s, 1, 2}, {4s, 2, 1}, {5s, 2, 2}};
  CHECK(most_flaps(changes, 0s) == 0);
  changes.push_back({6s, 1, 2});
  CHECK(most_flaps(changes, 0s) == 1);
  changes.push_back({16'500ms, 2, 1});  // after so long it is a new attempt
  CHECK(most_flaps(changes, 0s) == 1);
  changes.insert(changes.end(), {{17s, 1, 2}, {18s, 2, 2}, {40s, -1, -1}, {41s, 0, 2}});
  CHECK(most_flaps(changes, 0s) == 2);
  CHECK(most_flaps(changes, 20s) == 1);
}

TEST_CASE("rates over a second forget what is older") {
  std::vector<int64_t> bins(30, 12'500);  // 1 Mbit/s
  for (size_t i = 20; i < 30; ++i) bins[i] = 0;
  const auto rates = over_a_second(bins);
  CHECK(rates[0] == 100_kbps);
  CHECK(rates[9] == 1_mbps);
  CHECK(rates[19] == 1_mbps);
  CHECK(rates[24] == 500_kbps);
  CHECK(rates[29] == 0_bps);
}

TEST_CASE("a burst is measured against what a slot of the pacer may carry, rounded up to a packet") {
  const Burst burst{.bytes = 13'000, .largest = 1000, .packets = 13, .allowance = 12'500};
  CHECK(share_of_budget(burst) == doctest::Approx(12.0 / 12.5));
  CHECK(share_of_budget({.bytes = 1200, .largest = 1200, .packets = 1, .allowance = 100}) == 0);
}

TEST_CASE("media use counts against whole layers, link use against the link") {
  const std::vector<Rates> ladders = {{200_kbps, 800_kbps, 3_mbps}};
  const Figures figures = measure(link({{0s, 1_mbps}}), flow_at(400_kbps, 20s, ladders));
  CHECK(figures.media_use == doctest::Approx(0.5));
  CHECK(figures.link_use == doctest::Approx(0.4));
  CHECK(figures.overshoot == 0);
  CHECK(!figures.fairness);
}

TEST_CASE("a step up is used when the media of the last second come to 90 % of what is possible then") {
  Scenario scenario = link({{0s, 500_kbps}, {10s, 2.5_mbps}});
  scenario.step_up = 10s;
  Recording recording = flow_at(500_kbps, 20s, {{500_kbps, 2_mbps}});
  for (size_t i = 130; i < 200; ++i) recording.flows[0].bins[i].media = (2_mbps).bytes_in(Bin::kSpan);
  for (size_t i = 120; i < 200; ++i) recording.flows[0].bins[i].estimate = 2.4_mbps;
  const Figures figures = measure(scenario, recording);
  REQUIRE(figures.to_90_media);
  CHECK(*figures.to_90_media == 3900ms);
  REQUIRE(figures.to_90_estimate);
  CHECK(*figures.to_90_estimate == 2100ms);
  CHECK(!measure(scenario, flow_at(500_kbps, 20s, {{500_kbps, 2_mbps}})).to_90_media);
}

TEST_CASE("overshoot is what was sent beyond the capacity, but not just after it fell") {
  Scenario scenario = link({{0s, 1_mbps}, {10s, 500_kbps}});
  Recording recording = flow_at(1_mbps, 20s, {{1_mbps}});
  for (size_t i = 112; i < 200; ++i) recording.flows[0].bins[i].sent = (400_kbps).bytes_in(Bin::kSpan);
  CHECK(measure(scenario, recording).overshoot == 0);
  for (size_t i = 150; i < 170; ++i) recording.flows[0].bins[i].sent = (750_kbps).bytes_in(Bin::kSpan);
  CHECK(measure(scenario, recording).overshoot == doctest::Approx(0.5));
}

TEST_CASE("over a link that is wide enough a scenario loses nothing and shows pictures all the time") {
  const Scenario scenario{.name = "wide",
                          .length = 20s,
                          .sources = {{.layers = {300_kbps}, .temporal_layers = 1, .audio = 24_kbps}},
                          .forward = {.schedule = {{0s, 10_mbps}}}};
  const Recording recording = run(scenario);
  const Figures figures = measure(scenario, recording);
  CHECK(figures.media_use == doctest::Approx(1).epsilon(0.05));
  CHECK(figures.queue_loss == 0);
  CHECK(figures.without_picture == 0);
  CHECK(figures.wait_p95 < 20ms);
  CHECK(figures.longest_freeze < 500ms);
  REQUIRE(recording.flows.front().consumers.size() == 2);
  CHECK(recording.flows.front().consumers[1].decoded.size() > 19 * 30);
}

TEST_CASE("two runs of a scenario are the same run") {
  const Scenario scenario{.name = "twice",
                          .length = 10s,
                          .sources = {{.layers = {100_kbps, 500_kbps}, .audio = 24_kbps}},
                          .receivers = {{}, {.starts = 2s}},
                          .forward = {.schedule = {{0s, 500_kbps}}},
                          .path = {.loss = 0.02, .jitter = 30ms},
                          .long_tcp = 1,
                          .seed = 5};
  const Recording one = run(scenario), other = run(scenario);
  for (size_t flow = 0; flow < 2; ++flow)
    for (size_t i = 0; i < one.flows[flow].bins.size(); ++i) {
      REQUIRE(one.flows[flow].bins[i].sent == other.flows[flow].bins[i].sent);
      REQUIRE(one.flows[flow].bins[i].arrived == other.flows[flow].bins[i].arrived);
    }
  CHECK(one.long_tcp == other.long_tcp);
}

}  // namespace sfu::sim
