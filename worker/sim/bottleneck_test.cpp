// The network of the simulations does what it is told to: rates, queues, drops, losses.
#include "sim/bottleneck.hpp"

#include <doctest/doctest.h>

#include "sim/link.hpp"

namespace sfu::sim {
namespace {

constexpr Time kStart{Duration(1h)};

// Bytes that have left until `end`, of packets of 1000 bytes that come every `gap`.
int64_t bytes_through(Bottleneck& bottleneck, Duration gap, Time begin, Time end) {
  int64_t out = 0;
  for (Time now = begin; now < end; now += gap)
    if (const auto passage = bottleneck.carry(now, 1000)) out += passage->leaves <= end ? 1000 : 0;
  return out;
}

}  // namespace

TEST_CASE("below its rate a bottleneck delays each datagram by its own transmission alone") {
  Bottleneck bottleneck(kStart, {{0s, 1_mbps}}, {});
  for (int i = 0; i < 10; ++i) {
    const auto passage = bottleneck.carry(kStart + i * 10ms, 1000);
    REQUIRE(passage);
    CHECK(passage->waited == 0us);
    CHECK(passage->leaves == kStart + i * 10ms + 8ms);
  }
}

TEST_CASE("a burst leaves one by one, at the rate") {
  Bottleneck bottleneck(kStart, {{0s, 1_mbps}}, {});
  for (int i = 0; i < 10; ++i) {
    const auto passage = bottleneck.carry(kStart, 1000);
    REQUIRE(passage);
    CHECK(passage->waited == i * 8ms);
    CHECK(passage->leaves == kStart + (i + 1) * 8ms);
  }
}

TEST_CASE("more than the rate fills the queue, and what does not fit is dropped") {
  Bottleneck bottleneck(kStart, {{0s, 1_mbps}}, {.max_bytes = 5000});
  const int64_t through = bytes_through(bottleneck, 4ms, kStart, kStart + 10s);  // 2 Mbit/s
  CHECK(through == doctest::Approx(1'250'000).epsilon(0.01));
  CHECK(static_cast<double>(bottleneck.counts().dropped) == doctest::Approx(1250).epsilon(0.01));
  CHECK(bottleneck.carry(kStart + 10s, 1000).value_or(Bottleneck::Passage{}).waited <= 40ms);
}

TEST_CASE("a queue that is bounded in time lets nothing wait for longer") {
  Bottleneck bottleneck(kStart, {{0s, 1_mbps}}, {.max_wait = 300ms});
  Duration longest{0};
  for (Time now = kStart; now < kStart + 5s; now += 4ms)
    if (const auto passage = bottleneck.carry(now, 1000)) longest = std::max(longest, passage->waited);
  CHECK(longest > 290ms);
  CHECK(longest <= 300ms);
}

TEST_CASE("the rate follows its schedule, also in the middle of a datagram") {
  Bottleneck bottleneck(kStart, {{0s, 1_mbps}, {10s, 500_kbps}, {20s, 2_mbps}}, {.max_wait = 100ms});
  CHECK(bottleneck.rate_at(kStart + 9999ms) == 1_mbps);
  CHECK(bottleneck.rate_at(kStart + 10s) == 500_kbps);
  CHECK(bottleneck.rate_at(kStart + 1h) == 2_mbps);
  const auto half = bottleneck.carry(kStart + 9996ms, 1000);  // 4 ms at 1 Mbit/s, 8 ms at half of it
  REQUIRE(half);
  CHECK(half->leaves == kStart + 10'008ms);

  Bottleneck busy(kStart, {{0s, 1_mbps}, {10s, 500_kbps}, {20s, 2_mbps}}, {.max_wait = 100ms});
  CHECK(bytes_through(busy, 3ms, kStart, kStart + 10s) == doctest::Approx(1'250'000).epsilon(0.02));
  CHECK(bytes_through(busy, 3ms, kStart + 10s, kStart + 20s) == doctest::Approx(625'000).epsilon(0.03));
  CHECK(bytes_through(busy, 3ms, kStart + 20s, kStart + 30s) == doctest::Approx(2'500'000).epsilon(0.02));
}

TEST_CASE("during an outage nothing leaves") {
  Bottleneck bottleneck(kStart, {{0s, 1_mbps}, {1s, 0_bps}, {3s, 1_mbps}}, {});
  const auto passage = bottleneck.carry(kStart + 2s, 1000);
  REQUIRE(passage);
  CHECK(passage->leaves == kStart + 3008ms);
}

TEST_CASE("links that lead through one bottleneck share its queue, each with a delay of its own") {
  Bottleneck bottleneck(kStart, {{0s, 1_mbps}}, {});
  Link one(1), other(2);
  one.set({.delay = 10ms});
  other.set({.delay = 100ms});
  for (Link* link : {&one, &other}) link->lead_through(&bottleneck);
  CHECK(one.carry(kStart, 1000) == kStart + 18ms);
  CHECK(other.carry(kStart, 1000) == kStart + 116ms);
  CHECK(one.carry(kStart, 1000) == kStart + 34ms);
}

TEST_CASE("a link loses the share that it was told to, and says what became of each datagram") {
  for (const double share : {0.01, 0.1, 0.5}) {
    Link link(7);
    link.set({.loss = share});
    int told = 0, lost = 0;
    link.observer = [&](const Link::Crossing& crossing) {
      ++told;
      lost += crossing.arrives ? 0 : 1;
      CHECK(!crossing.dropped);
    };
    for (int i = 0; i < 20'000; ++i) link.carry(kStart + i * 1ms, 100);
    CHECK(told == 20'000);
    CHECK(lost / 20'000.0 == doctest::Approx(share).epsilon(0.1));
    CHECK(link.counts().lost == static_cast<uint64_t>(lost));
  }
}

TEST_CASE("losses in bursts have the share and the length that were asked for") {
  Link link(3);
  link.set({.bursts = {.enter = 0.006, .leave = 0.2}});
  int lost = 0, bursts = 0;
  bool before = false;
  for (int i = 0; i < 100'000; ++i) {
    const bool now = !link.carry(kStart + i * 1ms, 100);
    lost += now ? 1 : 0;
    bursts += now && !before ? 1 : 0;
    before = now;
  }
  CHECK(lost / 100'000.0 == doctest::Approx(0.006 / 0.206).epsilon(0.1));
  CHECK(static_cast<double>(lost) / bursts == doctest::Approx(5).epsilon(0.1));
}

TEST_CASE("jitter reorders, unless the link keeps the order") {
  for (const bool in_order : {false, true}) {
    Link link(5);
    link.set({.delay = 20ms, .jitter = 200ms, .in_order = in_order});
    int early = 0;
    Time newest{};
    Duration longest{0};
    for (int i = 0; i < 1000; ++i) {
      const Time sent = kStart + i * 5ms, at = *link.carry(sent, 100);
      early += at < newest ? 1 : 0;
      newest = std::max(newest, at);
      longest = std::max(longest, at - sent);
      CHECK(at >= sent + 20ms);
    }
    CHECK((early == 0) == in_order);
    CHECK(longest > 210ms);
    CHECK(longest <= 220ms);
  }
}

}  // namespace sfu::sim
