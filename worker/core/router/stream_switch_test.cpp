#include "core/router/stream_switch.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

const Time kNow{100s};

TEST_CASE(
    "the highest stream that is sent and not above the desired one; else the lowest above; else as desired") {
  struct Case {
    uint8_t desired;
    uint32_t alive;
    uint8_t choice;
  };
  constexpr Case kCases[] = {{2, 0b111, 2}, {1, 0b111, 1}, {2, 0b011, 1},    {1, 0b100, 2},
                             {0, 0b110, 1}, {2, 0, 2},     {15, 1 << 15, 15}};
  for (const Case& each : kCases) {
    StreamSwitch streams;
    CHECK(streams.choose(each.desired, each.alive, std::nullopt, kNow) == each.choice);
  }
}

TEST_CASE("a key frame that does not come is waited for two seconds, then another stream takes its place") {
  StreamSwitch streams;
  CHECK(streams.choose(2, 0b111, 0, kNow) == 2);
  CHECK(streams.choose(2, 0b111, 0, kNow + 1900ms) == 2);
  CHECK(streams.choose(2, 0b111, 0, kNow + 2s) == 1);
  CHECK(streams.choose(2, 0b111, 0, kNow + 3900ms) == 1);
  CHECK(streams.choose(2, 0b111, 0, kNow + 4s) == 0);  // which goes on all the time
  CHECK(streams.choose(2, 0b111, 0, kNow + 8s) == 0);
  CHECK(streams.choose(2, 0b111, 0, kNow + 9s) == 2);  // tried again
}

TEST_CASE("a stream that was refused and comes back is tried at once") {
  StreamSwitch streams;
  streams.choose(1, 0b11, 0, kNow);
  CHECK(streams.choose(1, 0b11, 0, kNow + 2s) == 0);
  CHECK(streams.choose(1, 0b01, 0, kNow + 3s) == 0);
  CHECK(streams.choose(1, 0b11, 0, kNow + 3500ms) == 1);
}

TEST_CASE("the only stream is waited for however long it takes") {
  StreamSwitch streams;
  for (Duration passed{0}; passed < 20s; passed += 500ms)
    CHECK(streams.choose(0, 0b1, std::nullopt, kNow + passed) == 0);
}

TEST_CASE("who gets nothing tries one stream after the other") {
  StreamSwitch streams;
  CHECK(streams.choose(1, 0b11, std::nullopt, kNow) == 1);
  CHECK(streams.choose(1, 0b11, std::nullopt, kNow + 2s) == 0);
  CHECK(streams.choose(1, 0b11, std::nullopt, kNow + 4s) == 1);
}

TEST_CASE("a target that is reached is no longer waited for") {
  StreamSwitch streams;
  CHECK(streams.choose(1, 0b11, 0, kNow) == 1);
  CHECK(streams.choose(1, 0b11, 1, kNow + 1s) == 1);
  CHECK(streams.choose(1, 0b11, 1, kNow + 9s) == 1);
}

TEST_CASE("another wish is waited for from then on") {
  StreamSwitch streams;
  CHECK(streams.choose(1, 0b111, 0, kNow) == 1);
  CHECK(streams.choose(2, 0b111, 0, kNow + 1500ms) == 2);
  CHECK(streams.choose(2, 0b111, 0, kNow + 3400ms) == 2);
  CHECK(streams.choose(2, 0b111, 0, kNow + 3500ms) == 1);
}

}  // namespace
}  // namespace sfu
