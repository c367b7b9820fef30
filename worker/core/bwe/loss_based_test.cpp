#include "core/bwe/loss_based.hpp"

#include <doctest/doctest.h>

#include "core/base/random.hpp"

namespace sfu::bwe {
namespace {

constexpr int64_t kPacket = 1200;

// Windows of packets at a rate, each lost with a probability.
struct Path {
  LossBased loss_based;
  Time now{1000s};
  Random random{4};
  LossBased::Verdict last{};
  std::optional<Bitrate> limit;  // the last one
  int collapses = 0;
  int limits = 0;
  int trials = 0;

  void run(Duration span, Bitrate rate, double loss) {
    for (const Time end = now + span; now < end; now += rate.time_for(kPacket)) {
      if (random.real() < loss)
        loss_based.on_lost(now, kPacket);
      else
        loss_based.on_received(now, kPacket, false);
      read();
    }
  }
  // Over a link that polices: what is above `capacity` is lost, besides the share `loss`.
  void run_policed(Duration span, Bitrate rate, Bitrate capacity, double loss = 0) {
    const double passes = (1 - loss) * std::min(1.0, capacity / rate);
    run(span, rate, 1 - passes);
  }
  void read() {
    const auto verdict = loss_based.take_verdict();
    if (!verdict) return;
    last = *verdict;
    collapses += verdict->collapsed;
    trials += verdict->trial;
    limits += verdict->limit.has_value();
    if (verdict->limit) limit = verdict->limit;
  }
};

TEST_CASE("there is a verdict for each window") {
  Path path;
  path.run(200ms, 1_mbps, 0);
  CHECK_FALSE(path.loss_based.take_verdict());
  path.loss_based.on_received(path.now + 100ms, kPacket, false);
  CHECK(path.loss_based.take_verdict());
  CHECK_FALSE(path.loss_based.take_verdict());
}

TEST_CASE("without loss nothing is limited, at any rate") {
  Path path;
  for (const Bitrate rate : {100_kbps, 1_mbps, 10_mbps, 1_mbps}) path.run(3s, rate, 0);
  CHECK(path.limits + path.collapses == 0);
  CHECK(path.loss_based.loss() == 0);
}

TEST_CASE("random loss that is always there limits nothing, whatever the rate does") {
  for (const double loss : {0.01, 0.03, 0.05, 0.1, 0.2}) {
    CAPTURE(loss);
    Path path;
    for (int i = 0; i < 20; ++i) path.run(3s, 1_mbps * (1 + 0.2 * (i % 5)), loss);
    CHECK(path.limits <= 12);  // of 240
    CHECK(path.loss_based.inherent_loss() == doctest::Approx(loss).epsilon(0.5));
  }
}

TEST_CASE("loss that comes with the rate shows what the link carries") {
  struct Row {
    double inherent;
    Bitrate capacity;
  };
  for (const auto& [inherent, capacity] : {Row{0, 1_mbps}, {0, 10_mbps}, {0.05, 10_mbps}}) {
    Path path;
    for (const double share : {0.8, 0.9, 1.0, 1.05, 1.1, 1.15})
      path.run_policed(750ms, share * capacity, capacity, inherent);
    REQUIRE(path.limits > 2);
    CHECK(*path.limit / capacity > 0.8);
    CHECK(*path.limit / capacity < 1.05);
    CHECK(path.loss_based.inherent_loss() < inherent + 0.08);
  }
}

TEST_CASE("the limit is lifted when the link has carried more for some time") {
  Path path;
  for (const Bitrate rate : {900_kbps, 1000_kbps, 1100_kbps, 1150_kbps})
    path.run_policed(750ms, rate, 1_mbps);
  REQUIRE(path.limits > 0);
  path.run(10s, 1200_kbps, 0);
  CHECK_FALSE(path.last.limit);
}

TEST_CASE("a link that suddenly loses much has collapsed; what it loses from then on is known") {
  Path path;
  path.run(5s, 1_mbps, 0);
  path.run(1s, 1_mbps, 0.6);
  CHECK(path.collapses == 1);
  path.run(5s, 600_kbps, 0.6);
  CHECK(path.collapses == 1);
  CHECK(path.loss_based.inherent_loss() == doctest::Approx(0.6).epsilon(0.1));
}

TEST_CASE("loss at a rate that does not change may be ours: a trial shows it") {
  Path path;
  path.run(5s, 2400_kbps, 0);
  path.run_policed(5s, 1200_kbps, 1_mbps);
  CHECK(path.limits == 0);
  CHECK(path.trials == 1);
  path.run_policed(750ms, 900_kbps, 1_mbps);
  CHECK(path.limits > 0);
}

TEST_CASE("trials become rare where the loss is not ours, and are none without loss") {
  Path path;
  path.run(160s, 2_mbps, 0.1);
  CHECK(path.trials >= 4);
  CHECK(path.trials <= 6);
  path.run(60s, 2_mbps, 0);
  path.trials = 0;
  path.run(60s, 2_mbps, 0.01);
  CHECK(path.trials == 0);
}

TEST_CASE("one bad window is no collapse") {
  Path path;
  path.run(5s, 1_mbps, 0);
  path.run(150ms, 1_mbps, 1);
  path.run(5s, 1_mbps, 0);
  CHECK(path.collapses == 0);
}

TEST_CASE("losses in bursts limit little: they are less evidence than as many single ones") {
  Path path;
  int windows = 0;
  for (int i = 0; i < 400; ++i, ++windows)
    path.run(250ms, 1_mbps * (0.9 + 0.2 * path.random.real()), path.random.below(8) == 0 ? 0.25 : 0);
  CHECK(path.limits < windows / 10);
}

TEST_CASE("a packet that was only late takes its loss back") {
  Path path;
  for (int i = 0; i < 100; ++i, path.now += 10ms) {
    path.loss_based.on_lost(path.now, kPacket);
    path.loss_based.on_received(path.now, kPacket, true);
  }
  CHECK(path.loss_based.loss() == 0);
  path.loss_based.on_received(path.now - 500ms, kPacket, true);
  CHECK(path.loss_based.loss() == 0);
}

TEST_CASE("the loss is that of the last second") {
  Path path;
  path.run(5s, 2_mbps, 0.1);
  CHECK(path.loss_based.loss() == doctest::Approx(0.1).epsilon(0.4));
  path.run(2s, 2_mbps, 0);
  CHECK(path.loss_based.loss() == 0);
}

TEST_CASE("packets from long ago, silence, and times before the epoch do no harm") {
  Path path;
  path.loss_based.on_lost(Time(-10s), kPacket);
  path.run(5s, 1_mbps, 0.1);
  path.loss_based.on_lost(path.now - 20s, kPacket);
  path.now += 1h;
  path.run(1s, 1_mbps, 0);
  CHECK(path.loss_based.loss() == 0);
}

}  // namespace
}  // namespace sfu::bwe
