#include "core/bwe/estimator.hpp"

#include <doctest/doctest.h>

#include "core/bwe/testing.hpp"

namespace sfu::bwe {
namespace {

// An Estimator lies in each transport, also in one that sends nothing.
static_assert(sizeof(Estimator) < 2048);

constexpr uint64_t kSeeds[] = {1, 2, 3};

// ---- the goals, over one bottleneck

TEST_CASE("a steady link is used well, its queue kept short, and nothing lost by us") {
  for (const Bitrate rate : {300_kbps, 1000_kbps, 3000_kbps}) {
    for (const Duration delay : {10ms, 25ms, 150ms}) {
      for (const uint64_t seed : kSeeds) {
        CAPTURE(rate.bps);
        CAPTURE(delay.count());
        CAPTURE(seed);
        Loop loop({.rate = rate, .delay = delay}, seed);
        loop.add();
        loop.run(10s);
        const Seen seen = loop.run(50s);
        CHECK(seen.utilization >= 0.85);
        CHECK(seen.queueing_p95 <= 60ms);
        CHECK(seen.caused_loss < 0.01);
        CHECK(seen.lowest / seen.highest > 0.75);  // no saw-tooth
      }
    }
  }
}

TEST_CASE("after a step up from 500 kbit/s to 2.5 Mbit/s nine tenths are found within 5 s") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 500_kbps}, seed);
    loop.add({.wanted = 4_mbps});
    loop.run(30s);
    loop.link.options.rate = 2500_kbps;
    CHECK(loop.until(10s, [&] { return loop.estimate() >= 2250_kbps; }) <= 5s);
    loop.run(5s);
    CHECK(loop.run(20s).utilization >= 0.85);
  }
}

TEST_CASE("after a step down the rate follows within a second, and the queue is drained") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 2500_kbps}, seed);
    loop.add({.wanted = 4_mbps});
    loop.run(30s);
    loop.link.options.rate = 500_kbps;
    CHECK(loop.until(5s, [&] { return loop.estimate() <= 500_kbps; }) <= 1s);
    CHECK(loop.run(5s).utilization >= 0.7);
    const Seen seen = loop.run(20s);
    CHECK(seen.utilization >= 0.85);
    CHECK(seen.queueing_p95 <= 60ms);
  }
}

TEST_CASE("a deep buffer is not filled, and emptied when the link became narrow") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 1_mbps, .queue = 1000ms}, seed);
    loop.add();
    loop.run(10s);
    CHECK(loop.run(30s).queueing_p95 <= 60ms);
    loop.link.options.rate = 400_kbps;
    loop.run(6s);
    const Seen seen = loop.run(20s);
    CHECK(seen.queueing_p95 <= 60ms);
    CHECK(seen.utilization >= 0.8);
  }
}

TEST_CASE("a shallow buffer, which the delay does not show, is not overrun") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 1_mbps, .queue = 40ms}, seed);
    loop.add();
    loop.run(10s);
    const Seen seen = loop.run(50s);
    CHECK(seen.caused_loss < 0.015);
    CHECK(seen.utilization >= 0.85);
  }
}

TEST_CASE("a link without a buffer that suddenly carries less is followed by what it loses") {
  for (const Bitrate rate : {500_kbps, 1000_kbps}) {
    for (const uint64_t seed : {1, 2, 3, 4, 5, 6}) {
      CAPTURE(rate.bps);
      CAPTURE(seed);
      Loop loop({.rate = 2500_kbps, .queue = 0ms}, seed);
      loop.add({.wanted = 4_mbps});
      loop.run(20s);
      loop.link.options.rate = rate;
      CHECK(loop.until(5s, [&] { return loop.estimate() <= rate * 1.35; }) <= 2s);
      loop.run(15s);
      const Seen seen = loop.run(20s);
      CHECK(seen.utilization >= 0.85);
      CHECK(seen.caused_loss < 0.06);
    }
  }
}

TEST_CASE("random loss does not starve the estimate") {
  for (const double loss : {0.01, 0.03, 0.05, 0.10}) {
    for (const uint64_t seed : kSeeds) {
      CAPTURE(loss);
      CAPTURE(seed);
      Loop loop({.rate = 2_mbps, .loss = loss}, seed);
      loop.add({.wanted = 4_mbps});
      loop.run(10s);
      const Seen seen = loop.run(30s);
      CHECK(seen.utilization >= 0.85 * (1 - loss));
      CHECK(loop.flow().estimator.loss() == doctest::Approx(loss).epsilon(1));
    }
  }
}

TEST_CASE("nor does random loss that begins during the call, nor loss in bursts") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 2_mbps}, seed);
    loop.add({.wanted = 4_mbps});
    loop.run(20s);
    loop.link.options.loss = 0.1;
    loop.run(5s);
    CHECK(loop.run(30s).utilization >= 0.7);
    Loop bursts({.rate = 2_mbps, .burst_start = 0.005, .burst_end = 0.1}, seed);
    bursts.add({.wanted = 4_mbps});
    bursts.run(10s);
    CHECK(bursts.run(50s).utilization >= 0.7);
  }
}

TEST_CASE("jitter does not make it collapse") {
  struct Row {
    Duration jitter;
    bool reorders;
    double utilization;
  };
  for (const auto& [jitter, reorders, utilization] :
       {Row{30ms, false, 0.85}, {30ms, true, 0.85}, {200ms, true, 0.5}, {200ms, false, 0.2}}) {
    for (const uint64_t seed : kSeeds) {
      CAPTURE(jitter.count());
      CAPTURE(reorders);
      CAPTURE(seed);
      Loop loop({.rate = 2_mbps, .jitter = jitter, .reorders = reorders}, seed);
      loop.add({.wanted = 4_mbps});
      loop.run(10s);
      const Seen seen = loop.run(50s);
      CHECK(seen.utilization >= utilization);
      CHECK(seen.lowest >= 250_kbps);
    }
  }
}

// Jain's index: 1 when all have the same, 1/n when one has everything.
double fairness(const std::vector<Bitrate>& rates) {
  double sum = 0, squares = 0;
  for (const Bitrate rate : rates) {
    sum += static_cast<double>(rate.bps);
    squares += static_cast<double>(rate.bps) * static_cast<double>(rate.bps);
  }
  return sum * sum / (squares * static_cast<double>(rates.size()));
}

TEST_CASE("flows that come later get their share of the link") {
  for (const size_t count : {2u, 4u}) {
    for (const uint64_t seed : kSeeds) {
      CAPTURE(count);
      CAPTURE(seed);
      Loop loop({.rate = 3_mbps}, seed);
      loop.add();
      loop.run(10s);
      while (loop.flows.size() < count) loop.add();
      loop.run(60s);
      const Seen seen = loop.run(60s);
      CHECK(fairness(seen.received) > (count == 2 ? 0.9 : 0.75));
      CHECK(seen.utilization >= 0.85);
      CHECK(seen.caused_loss < 0.01);
    }
  }
}

TEST_CASE("audio alone keeps an estimate that it fits into, whatever the jitter") {
  for (const Duration jitter : {0ms, 50ms, 200ms}) {
    for (const uint64_t seed : kSeeds) {
      CAPTURE(jitter.count());
      Loop loop({.rate = 1_mbps, .jitter = jitter, .reorders = true}, seed);
      loop.add({.wanted = 60_kbps, .video = false, .audio = true, .can_probe = false});
      const Seen seen = loop.run(120s);
      CHECK(seen.lowest >= 40_kbps);
      CHECK(seen.highest == 600_kbps);
      CHECK(seen.average >= 100_kbps);
      if (jitter <= 50ms) CHECK(seen.lowest >= 500_kbps);
    }
  }
}

TEST_CASE("a link that is too narrow for audio alone is seen, too") {
  Loop loop({.rate = 30_kbps}, 1);
  loop.add({.wanted = 60_kbps, .video = false, .audio = true, .can_probe = false});
  CHECK(loop.until(20s, [&] { return loop.estimate() <= 40_kbps; }) < 20s);
}

TEST_CASE("feedback may be lost") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 1_mbps, .feedback_loss = 0.2}, seed);
    loop.add();
    loop.run(10s);
    const Seen seen = loop.run(50s);
    CHECK(seen.utilization >= 0.8);
    CHECK(seen.queueing_p95 <= 60ms);
  }
}

TEST_CASE("when feedback stops the estimate falls step by step; it recovers when there is some again") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 1_mbps}, seed);
    loop.add();
    loop.run(20s);
    const Bitrate before = loop.estimate();
    loop.link.options.feedback_loss = 1;
    loop.run(500ms);
    CHECK(loop.estimate() >= before * 0.95);
    loop.run(2500ms);
    CHECK(loop.estimate() < before * 0.75);
    loop.run(30s);
    CHECK(loop.estimate() < before * 0.35);
    CHECK(loop.estimate() > before * 0.25);
    loop.link.options.feedback_loss = 0;
    CHECK(loop.until(5s, [&] { return loop.estimate() > before * 0.85; }) < 1s);
  }
}

TEST_CASE("who sends little keeps an estimate that neither grows nor falls, and gets more when he wants it") {
  for (const uint64_t seed : kSeeds) {
    Loop loop({.rate = 3_mbps}, seed);
    Flow& flow = loop.add({.wanted = 300_kbps});
    const Seen little = loop.run(60s);
    CHECK(little.lowest >= 500_kbps);
    CHECK(little.highest <= 700_kbps);
    flow.options.wanted = 2500_kbps;
    CHECK(loop.until(10s, [&] { return loop.estimate() >= 2250_kbps; }) <= 2s);
    const Seen full = loop.run(20s);
    CHECK(full.received[0] >= 2250_kbps);
    CHECK(full.highest <= 4_mbps);
  }
}

// ---- what is told to it and what it tells

// Packets that all arrive 30 ms after they left, in feedback every 100 ms.
struct Sender {
  Estimator estimator;
  Time now{1000s};

  explicit Sender(Bitrate initial = Estimator::kInitial) : estimator(initial) {}

  void send(Duration span, Bitrate rate, bool answered = true) {
    std::vector<PacketResult> results;
    for (const Time end = now + span; now < end; now += rate.time_for(1200)) {
      const SentPacket packet{.sent = now, .size = 1200};
      estimator.on_sent(packet);
      if (answered) results.push_back({packet, now + 30ms});
      if (results.size() < 8) continue;
      estimator.on_feedback(results, now + 60ms);
      results.clear();
    }
  }
};

TEST_CASE("until there is feedback the estimate is the initial rate") {
  Sender sender;
  CHECK(sender.estimator.estimate() == 600_kbps);
  CHECK_FALSE(sender.estimator.has_feedback());
  CHECK_FALSE(sender.estimator.has_estimate());
  sender.estimator.set_wanted(5_mbps, sender.now);
  sender.send(5s, 500_kbps, false);
  CHECK(sender.estimator.estimate() == 600_kbps);
  CHECK_FALSE(sender.estimator.take_probe(sender.now));
  CHECK(sender.estimator.deadline() == kNever);
}

TEST_CASE("the limits hold from when they are set, and what was known comes back when they are lifted") {
  Sender sender(1_mbps);
  struct Row {
    Bitrate min, max, estimate;
  };
  for (const auto& [min, max, estimate] : {Row{0_bps, 0_bps, 1_mbps},
                                           {0_bps, 500_kbps, 500_kbps},
                                           {2_mbps, 0_bps, 2_mbps},
                                           {100_kbps, 3_mbps, 1_mbps},
                                           {2_mbps, 500_kbps, 500_kbps},
                                           {0_bps, 0_bps, 1_mbps}}) {
    sender.estimator.set_limits(min, max, sender.now);
    CHECK(sender.estimator.estimate() == estimate);
    CHECK(sender.estimator.pacing_rate() == estimate * Estimator::kPacing);
  }
}

TEST_CASE("REMB counts while there is no transport-wide feedback, within the limits") {
  Sender sender;
  sender.estimator.on_remb(2_mbps, sender.now);
  CHECK(sender.estimator.has_estimate());
  CHECK_FALSE(sender.estimator.has_feedback());
  CHECK(sender.estimator.estimate() == 2_mbps);
  sender.estimator.set_limits(0_bps, 1_mbps, sender.now);
  CHECK(sender.estimator.estimate() == 1_mbps);
  sender.estimator.set_limits(0_bps, 0_bps, sender.now);
  sender.estimator.on_remb(300_kbps, sender.now);
  CHECK(sender.estimator.estimate() == 300_kbps);
  sender.send(1s, 500_kbps);
  CHECK(sender.estimator.has_feedback());
  CHECK(sender.estimator.estimate() >= 600_kbps);
}

TEST_CASE("probing goes no further than what is wanted and allowed") {
  Sender sender;
  sender.estimator.set_wanted(5_mbps, sender.now);
  sender.estimator.set_limits(0_bps, 1_mbps, sender.now);
  sender.send(200ms, 600_kbps);
  const auto probe = sender.estimator.take_probe(sender.now);
  REQUIRE(probe);
  CHECK(probe->rate == 1150_kbps);
  CHECK_FALSE(sender.estimator.take_probe(sender.now));
}

TEST_CASE("where there is room for all that is wanted it is sent faster") {
  Sender sender(1_mbps);
  sender.estimator.set_wanted(1100_kbps, sender.now);
  CHECK(sender.estimator.pacing_rate() == 1_mbps * Estimator::kPacing);
  sender.estimator.set_wanted(900_kbps, sender.now);
  CHECK(sender.estimator.pacing_rate() == 1_mbps * Estimator::kPacingWithRoom);
}

TEST_CASE("a probe that nobody sends is given up, and tried again later") {
  Sender sender;
  sender.estimator.set_wanted(5_mbps, sender.now);
  sender.send(200ms, 600_kbps);
  REQUIRE(sender.estimator.take_probe(sender.now));
  int probes = 0;
  for (int i = 0; i < 300; ++i) {
    sender.send(100ms, 100_kbps);
    if (sender.estimator.deadline() <= sender.now) sender.estimator.wake(sender.now);
    CHECK(sender.estimator.deadline() > sender.now);
    probes += sender.estimator.take_probe(sender.now).has_value();
  }
  CHECK(probes >= 2);
  CHECK(probes <= 4);
}

TEST_CASE("who sends nothing is not waited for, and keeps his estimate") {
  Sender sender;
  sender.send(5s, 500_kbps);
  const Bitrate before = sender.estimator.estimate();
  sender.now += 2s;
  sender.estimator.wake(sender.now);
  const Time waits_for_the_last = sender.estimator.deadline();
  CHECK(waits_for_the_last == kNever);
  sender.now += 1h;
  sender.estimator.wake(sender.now);
  CHECK(sender.estimator.estimate() >= before * 0.8);
}

TEST_CASE("feedback that reports nothing new changes nothing") {
  Sender sender;
  sender.estimator.on_feedback({}, sender.now);
  CHECK_FALSE(sender.estimator.has_feedback());
}

TEST_CASE("the estimate is within its limits and finite whatever the receiver claims") {
  Random random(9);
  Sender sender;
  sender.estimator.set_limits(50_kbps, 20_mbps, sender.now);
  for (int round = 0; round < 3000; ++round) {
    std::vector<PacketResult> results;
    for (uint32_t i = random.below(30); i > 0; --i) {
      sender.now += Duration(random.below(10'000));
      const SentPacket packet{.sent = sender.now, .size = static_cast<uint16_t>(random.u32()), .probe = 1};
      sender.estimator.on_sent(packet);
      PacketResult result{packet, std::nullopt};
      if (random.below(4)) result.arrived = sender.now + Duration(random.below(60'000'000)) - 30s;
      result.was_lost = random.below(10) == 0;
      results.push_back(result);
    }
    sender.estimator.on_feedback(results, sender.now);
    sender.estimator.on_rtt(Duration(static_cast<int64_t>(random.u64())));
    sender.estimator.set_wanted(Bitrate{random.u32()}, sender.now);
    sender.estimator.take_probe(sender.now);
    CHECK(sender.estimator.estimate() >= 50_kbps);
    CHECK(sender.estimator.estimate() <= 20_mbps);
    CHECK(sender.estimator.loss() >= 0);
    CHECK(sender.estimator.loss() <= 1);
  }
}

}  // namespace
}  // namespace sfu::bwe
