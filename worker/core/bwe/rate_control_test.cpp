#include "core/bwe/rate_control.hpp"

#include <doctest/doctest.h>

namespace sfu::bwe {
namespace {

constexpr Duration kRtt = 50ms;

struct Controlled {
  RateControl control;
  Time now{1000s};

  explicit Controlled(Bitrate rate) : control(rate) {}

  RateControl::Observation seen(Bitrate arriving) const {
    return {.sent = now - kRtt, .arriving = arriving, .rtt = kRtt};
  }
  void observe(const RateControl::Observation& observation) {
    now += 50ms;
    control.observe(observation, now);
  }
  // What is sent arrives.
  void run(Duration span, Bitrate at_most = kUnlimited) {
    for (const Time end = now + span; now < end;) observe(seen(std::min(at_most, control.rate())));
  }
  void overuse(Bitrate arriving, Duration queue) {
    auto observation = seen(arriving);
    observation.trend = Usage::kOver;
    observation.queue = queue;
    observe(observation);
  }
  double kbps() const { return static_cast<double>(control.rate().bps) / 1000; }
};

TEST_CASE("beyond the known capacity the rate does not grow by what nobody sends") {
  Controlled rate(1_mbps);
  rate.overuse(1_mbps, 100ms);
  rate.run(10s, 800_kbps);
  CHECK(rate.control.is_untried(rate.now));
  CHECK(rate.kbps() <= 1000);
  rate.run(10s);
  CHECK_FALSE(rate.control.is_untried(rate.now));
  CHECK(rate.kbps() > 1000);
}

TEST_CASE("while nothing is known of the link the rate grows by 8 percent in a second") {
  Controlled rate(1_mbps);
  rate.run(1s);
  CHECK(rate.kbps() == doctest::Approx(1080).epsilon(0.01));
  rate.run(9s);
  CHECK(rate.kbps() == doctest::Approx(2159).epsilon(0.03));
}

TEST_CASE("the rate does not grow far above what arrives, nor when nothing is known to arrive") {
  Controlled rate(1_mbps);
  rate.run(60s, 500_kbps);
  CHECK(rate.kbps() == 1000);
  rate.run(60s, 900_kbps);
  CHECK(rate.kbps() == doctest::Approx(900 * RateControl::kUntried + 10));
  Controlled unheard(1_mbps);
  for (int i = 0; i < 100; ++i) unheard.observe({});
  CHECK(unheard.kbps() == 1000);
}

TEST_CASE("a decrease goes below what arrives by as much as drains the queue in 600 ms, within bounds") {
  struct Row {
    Duration queue;
    double rate;
  };
  for (const auto& [queue, rate] : {Row{0ms, 760}, {30ms, 760}, {60ms, 720}, {120ms, 640}, {2000ms, 560}}) {
    Controlled controlled(1_mbps);
    controlled.overuse(800_kbps, queue);
    CHECK(controlled.kbps() == doctest::Approx(rate));
  }
}

TEST_CASE("a standing queue is drained more gently, and again only when it could have been") {
  Controlled rate(1_mbps);
  auto standing = rate.seen(1_mbps);
  standing.queue_standing = true;
  standing.queue_drained = false;
  standing.queue = 400ms;
  rate.observe(standing);
  CHECK(rate.kbps() == doctest::Approx(850));
  standing.arriving = 850_kbps;
  for (const Time until = rate.now + 600ms; rate.now < until;) rate.observe(standing);
  CHECK(rate.kbps() == doctest::Approx(850));
  standing.sent = rate.now;
  for (const Time until = rate.now + 200ms; rate.now < until;) rate.observe(standing);
  CHECK(rate.kbps() == doctest::Approx(722.5));
}

TEST_CASE("packets from before a decrease do not cause another one, unless much less arrives") {
  Controlled rate(1_mbps);
  const Time sent = rate.now;
  auto old = rate.seen(1_mbps);
  old.trend = Usage::kOver;
  old.sent = sent;
  rate.observe(old);
  CHECK(rate.kbps() == doctest::Approx(950));
  old.arriving = 900_kbps;
  rate.observe(old);
  CHECK(rate.kbps() == doctest::Approx(950));
  old.arriving = 500_kbps;
  rate.observe(old);
  CHECK(rate.kbps() == doctest::Approx(475));
}

TEST_CASE(
    "after a decrease the rate returns quickly to just below the capacity, then creeps faster and faster") {
  Controlled rate(1_mbps);
  rate.overuse(1_mbps, 180ms);
  CHECK(rate.kbps() == doctest::Approx(700));
  rate.run(1s, 1_mbps);
  CHECK(rate.kbps() == doctest::Approx(930).epsilon(0.01));
  rate.run(1s, 1_mbps);
  const double first = rate.kbps();
  rate.run(1s, 1_mbps);
  const double second = rate.kbps();
  rate.run(1s, 1_mbps);
  CHECK(first - 930 < second - first);
  CHECK(second - first < rate.kbps() - second);
  CHECK(rate.kbps() < 1150);
}

TEST_CASE("nothing is added while the queue has not drained, or is being drained") {
  Controlled rate(1_mbps);
  auto waiting = rate.seen(1_mbps);
  waiting.queue_drained = false;
  auto draining = rate.seen(1_mbps);
  draining.trend = Usage::kUnder;
  for (int i = 0; i < 20; ++i) {
    rate.observe(waiting);
    rate.observe(draining);
  }
  CHECK(rate.kbps() == 1000);
}

TEST_CASE("when more arrives than the capacity it is forgotten, and told once") {
  Controlled rate(1_mbps);
  rate.overuse(1_mbps, 0ms);
  CHECK(rate.control.capacity().get() == 1_mbps);
  rate.run(1s, 1_mbps);
  CHECK_FALSE(rate.control.take_exceeded());
  rate.observe(rate.seen(1100_kbps));
  CHECK(rate.control.take_exceeded());
  CHECK_FALSE(rate.control.take_exceeded());
  CHECK_FALSE(rate.control.capacity().get());
}

TEST_CASE(
    "an application that sends little keeps its estimate: it falls gently, and not below what arrives") {
  Controlled rate(1_mbps);
  for (int i = 0; i < 100; ++i) {
    auto little = rate.seen(100_kbps);
    little.application_limited = true;
    little.trend = Usage::kOver;
    little.queue = 200ms;
    rate.now += 1s;
    little.sent = rate.now;
    const double before = rate.kbps();
    rate.observe(little);
    CHECK(rate.kbps() >= before * 0.849);
  }
  CHECK(rate.kbps() == doctest::Approx(100));
  CHECK_FALSE(rate.control.capacity().get());
}

TEST_CASE("unless what he sends waits so long that the link must be full") {
  Controlled rate(1_mbps);
  auto little = rate.seen(100_kbps);
  little.application_limited = true;
  little.trend = Usage::kOver;
  little.queue = 400ms;
  rate.observe(little);
  CHECK(rate.kbps() == doctest::Approx(70));
}

TEST_CASE("a probe raises the rate; a saturated one tells the capacity") {
  Controlled rate(600_kbps);
  rate.control.on_probe(1800_kbps, false, rate.now);
  CHECK(rate.kbps() == 1800);
  CHECK_FALSE(rate.control.capacity().get());
  rate.control.on_probe(2500_kbps, true, rate.now);
  CHECK(rate.kbps() == 2500);
  CHECK(rate.control.capacity().get() == 2500_kbps);
}

TEST_CASE("a probe lowers the rate only while nothing else is known") {
  Controlled fresh(600_kbps), known(600_kbps);
  fresh.control.on_probe(300_kbps, true, fresh.now);
  CHECK(fresh.kbps() == 300);
  known.overuse(590_kbps, 0ms);
  known.control.on_probe(300_kbps, true, known.now);
  CHECK(known.kbps() > 500);
  fresh.control.on_probe(100_kbps, false, fresh.now);
  CHECK(fresh.kbps() == 300);
}

TEST_CASE("a shared link is given up more of, and a burst on it is not believed") {
  Controlled rate(1_mbps);
  for (const Bitrate arriving : {1000_kbps, 900_kbps, 990_kbps, 890_kbps, 980_kbps, 880_kbps}) {
    rate.overuse(arriving, 0ms);
    rate.run(3s, arriving);
  }
  REQUIRE(rate.control.capacity().is_shared());
  rate.overuse(900_kbps, 0ms);
  CHECK(rate.kbps() == doctest::Approx(765));
  rate.control.on_probe(1500_kbps, true, rate.now);
  CHECK(rate.kbps() == doctest::Approx(765));
  rate.control.on_probe(1500_kbps, false, rate.now);
  CHECK(rate.kbps() == doctest::Approx(1500));
}

TEST_CASE("for a trial the rate goes just below what arrives, and returns to what it was") {
  Controlled rate(1_mbps);
  rate.control.try_below(2_mbps);
  CHECK(rate.kbps() == 1000);
  rate.control.try_below(800_kbps);
  CHECK(rate.kbps() == doctest::Approx(744));
  rate.run(500ms);
  CHECK(rate.kbps() < 920);
  rate.run(500ms);
  CHECK(rate.kbps() >= 1000);
  rate.control.try_below(0_bps);
  CHECK(rate.control.rate() == RateControl::kFloor);
}

TEST_CASE("unless the trial has shown what the link carries") {
  Controlled rate(1_mbps);
  rate.control.try_below(800_kbps);
  rate.control.on_limit(700_kbps, rate.now);
  rate.run(1s);
  CHECK(rate.kbps() < 750);
}

TEST_CASE("the loss limits the rate, and tells the capacity; the floor holds") {
  Controlled rate(1_mbps);
  rate.control.on_limit(2_mbps, rate.now);
  CHECK(rate.kbps() == 1000);
  rate.control.on_limit(500_kbps, rate.now);
  CHECK(rate.kbps() == 500);
  CHECK(rate.control.capacity().get() == 500_kbps);
  rate.control.on_limit(1_kbps, rate.now);
  CHECK(rate.control.rate() == RateControl::kFloor);
  rate.now += 10s;
  rate.overuse(0_bps, 1s);
  CHECK(rate.control.rate() == RateControl::kFloor);
}

}  // namespace
}  // namespace sfu::bwe
