#include "core/bwe/probe_control.hpp"

#include <doctest/doctest.h>

namespace sfu::bwe {
namespace {

struct Prober {
  ProbeControl control;
  ProbeControl::State state{.estimate = 600_kbps, .goal = 10_mbps, .unknown_above = true, .calm = true};
  Time now{1000s};

  std::optional<Probe> update(Duration passed = 0ms) {
    now += passed;
    control.update(state, now);
    return control.take();
  }
  // The link carries the probe, or only so much of it.
  std::optional<Probe> answer(const Probe& probe, Bitrate carries = kUnlimited) {
    const bool saturated = carries < probe.rate;
    const Bitrate measured = std::min(probe.rate, carries);
    state.estimate = std::max(state.estimate, measured);
    control.on_outcome({probe, measured, saturated}, state, now);
    return control.take();
  }
  std::optional<Probe> fail(const Probe& probe) {
    control.on_outcome({probe, std::nullopt, false}, state, now);
    return control.take();
  }
  void finish_start() { fail(*update()); }
};

TEST_CASE("at the start a climb goes by 3, 6, 12 up to what is wanted") {
  Prober prober;
  auto probe = prober.update();
  for (const Bitrate rate : {1800_kbps, 3600_kbps, 7200_kbps, 11'500_kbps}) {
    REQUIRE(probe);
    CHECK(probe->rate == rate);
    probe = prober.answer(*probe);
  }
  CHECK_FALSE(probe);
  CHECK_FALSE(prober.update(1h));
}

TEST_CASE("a climb ends at a probe that the link does not carry") {
  Prober prober;
  const auto first = prober.update();
  const auto second = prober.answer(*first);
  REQUIRE(second);
  CHECK_FALSE(prober.answer(*second, 2_mbps));
  CHECK_FALSE(prober.update(1s));
}

TEST_CASE("a probe lasts 20 ms, and has five packets") {
  Prober prober;
  const auto probe = prober.update();
  CHECK(probe->bytes == 4500);
  CHECK(probe->packets == 5);
  CHECK(probe->cluster == 1);
  CHECK(prober.answer(*probe)->cluster == 2);
}

TEST_CASE("one probe is under way at a time") {
  Prober prober;
  CHECK(prober.update());
  CHECK_FALSE(prober.update(1min));
  CHECK(prober.control.deadline() == kNever);
}

TEST_CASE("nothing is probed that is not wanted") {
  Prober prober;
  prober.state.goal = 0_bps;
  CHECK_FALSE(prober.update());
  prober.state.goal = 600_kbps;
  CHECK_FALSE(prober.update(1min));
  CHECK(prober.control.deadline() == kNever);
  prober.state.goal = 700_kbps;
  CHECK(prober.update()->rate == 805_kbps);
}

TEST_CASE("when more becomes wanted it is tried, a second after the last climb at the soonest") {
  Prober prober;
  prober.state.goal = 1_mbps;
  prober.finish_start();
  prober.state.goal = 2_mbps;
  CHECK_FALSE(prober.update(500ms));
  CHECK(prober.update(500ms)->rate == 1200_kbps);
}

TEST_CASE(
    "while nothing is known above the estimate it is tried again, less and less often where that fails") {
  Prober prober;
  prober.finish_start();
  for (const Duration period : {5s, 10s, 10s}) {
    CHECK_FALSE(prober.update(period - 1ms));
    const auto probe = prober.update(1ms);
    REQUIRE(probe);
    CHECK(probe->rate == 1200_kbps);
    CHECK_FALSE(prober.fail(*probe));
  }
  CHECK_FALSE(prober.update(9s));
  const auto probe = prober.update(1s);
  CHECK_FALSE(prober.answer(*prober.answer(*probe), 1300_kbps));
  CHECK_FALSE(prober.update(4s));
  CHECK(prober.update(1s));
}

TEST_CASE("where the capacity is known there is no need to try") {
  Prober prober;
  prober.finish_start();
  prober.state.unknown_above = false;
  CHECK_FALSE(prober.update(1min));
  prober.state.unknown_above = true;
  prober.control.on_exceeded(prober.now);
  CHECK(prober.update());
}

TEST_CASE("no probe adds to a queue") {
  Prober prober;
  prober.state.calm = false;
  CHECK_FALSE(prober.update());
  CHECK(prober.control.deadline() > prober.now);
  prober.state.calm = true;
  CHECK(prober.update());
}

TEST_CASE("two seconds after a large drop most of what there was is tried once") {
  Prober prober;
  prober.state.estimate = 2_mbps;
  prober.finish_start();
  prober.state.unknown_above = false;
  CHECK_FALSE(prober.update(1s));
  prober.state.estimate = 1500_kbps;
  CHECK_FALSE(prober.update(100ms));
  prober.state.estimate = 1_mbps;
  CHECK_FALSE(prober.update(100ms));
  CHECK_FALSE(prober.update(1999ms));
  const auto probe = prober.update(1ms);
  REQUIRE(probe);
  CHECK(probe->rate == 1700_kbps);
  CHECK_FALSE(prober.fail(*probe));
  CHECK_FALSE(prober.update(1min));
}

TEST_CASE("small drops are no reason") {
  Prober prober;
  prober.state.estimate = 2_mbps;
  prober.finish_start();
  prober.state.unknown_above = false;
  for (int i = 0; i < 10; ++i) {
    prober.state.estimate *= 0.9;
    CHECK_FALSE(prober.update(6s));
  }
}

TEST_CASE("the deadline is never in the past while something is waited for") {
  Prober prober;
  prober.finish_start();
  for (int i = 0; i < 100; ++i) {
    prober.state.calm = i % 3 > 0;
    const auto probe = prober.update(700ms);
    CHECK(prober.control.deadline() > prober.now);
    if (probe) prober.fail(*probe);
  }
}

}  // namespace
}  // namespace sfu::bwe
