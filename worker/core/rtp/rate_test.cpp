#include "core/rtp/rate.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "core/base/random.hpp"

namespace sfu::rtp {
namespace {

TEST_CASE("a steady stream has its rate") {
  Rate rate;
  Time now{7s};
  for (int i = 0; i < 500; ++i) rate.add(125, now += 10ms);
  CHECK(rate.packets_per_second(now) >= 95);
  CHECK(rate.packets_per_second(now) <= 100);
  CHECK(rate.bits_per_second(now) == rate.packets_per_second(now) * 1000);
}

TEST_CASE("what is older than a second counts no more") {
  for (Duration at : {0ms, 49ms, 50ms, 999ms, 1000ms}) {
    Rate rate;
    rate.add(100, Time(at));
    CHECK(rate.bits_per_second(Time(at) + 900ms) == 800);
    CHECK(rate.bits_per_second(Time(at) + 1s) == 0);
    CHECK(rate.packets_per_second(Time(at) + 1h) == 0);
  }
}

TEST_CASE("a rate over a longer time is known soon, and forgets what went on before it began") {
  SteadyRate rate;
  Time now{7s};
  const Time began = now;
  for (int i = 0; i < 1000; ++i) {
    rate.add(125, now += 10ms);
    if (i >= 49) CHECK(rate.bits_per_second(now, began) == doctest::Approx(100'000).epsilon(0.05));
  }
  for (int i = 0; i < 100; ++i) rate.add(250, now += 10ms);
  CHECK(rate.bits_per_second(now) == doctest::Approx(120'000).epsilon(0.06));
  CHECK(rate.bits_per_second(now + 5s, began) == 0);
}

TEST_CASE("nothing added, no rate") { CHECK(Rate().bits_per_second(Time(5s)) == 0); }

TEST_CASE("a random stream agrees with a list of its packets") {
  Random random(2);
  Rate rate;
  std::deque<std::pair<int64_t, size_t>> packets;
  Time now{100s};
  for (int i = 0; i < 20000; ++i) {
    now += random.below(50) ? random.below(20) * 1ms : random.below(3000) * 1ms;
    const size_t bytes = random.below(1200);
    rate.add(bytes, now);
    packets.emplace_back(milliseconds(now.time_since_epoch()) / 50, bytes);
    while (packets.front().first + 20 <= packets.back().first) packets.pop_front();
    size_t sum = 0;
    for (const auto& packet : packets) sum += packet.second;
    REQUIRE(rate.bits_per_second(now) == sum * 8);
    REQUIRE(rate.packets_per_second(now) == packets.size());
  }
}

}  // namespace
}  // namespace sfu::rtp
