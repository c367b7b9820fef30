#include "core/router/audio_levels.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

using Volumes = std::vector<channel::Volume>;

constexpr AudioLevels::Options kOptions{.max_entries = 3, .threshold = -80, .interval = 1000ms};

void hear(AudioLevels& levels, uint32_t producer, uint8_t level, int packets = 50) {
  for (int i = 0; i < packets; ++i) levels.on_level(producer, level);
}

AudioLevels with_producers(uint32_t count, AudioLevels::Options options = kOptions) {
  AudioLevels levels(options);
  for (uint32_t producer = 1; producer <= count; ++producer) levels.add(producer);
  return levels;
}

}  // namespace

TEST_CASE("who is heard is told with the average of its levels, the loudest first") {
  AudioLevels levels = with_producers(3);
  hear(levels, 1, 40, 25);
  hear(levels, 1, 20, 25);
  hear(levels, 2, 60);
  hear(levels, 3, 10);
  const auto told = levels.end_interval();
  REQUIRE(told);
  CHECK(told->volumes == Volumes{{3, -10}, {1, -30}, {2, -60}});
}

TEST_CASE("an average between two levels is rounded, not cut") {
  AudioLevels levels = with_producers(1);
  hear(levels, 1, 40, 10);
  hear(levels, 1, 41, 20);
  CHECK(levels.end_interval()->volumes == Volumes{{1, -41}});
}

TEST_CASE("no more than the loudest max_entries are told") {
  AudioLevels levels = with_producers(10, {.max_entries = 2, .threshold = -127, .interval = 1000ms});
  for (uint32_t producer = 1; producer <= 10; ++producer)
    hear(levels, producer, static_cast<uint8_t>(100 - producer));
  CHECK(levels.end_interval()->volumes == Volumes{{10, -90}, {9, -91}});
}

TEST_CASE("equally loud ones come in the order in which they were made") {
  AudioLevels levels = with_producers(3);
  for (const uint32_t producer : {2u, 3u, 1u}) hear(levels, producer, 30);
  CHECK(levels.end_interval()->volumes == Volumes{{1, -30}, {2, -30}, {3, -30}});
}

TEST_CASE("who is quieter than the threshold is left out, who is just as loud is not") {
  AudioLevels levels = with_producers(2, {.max_entries = 9, .threshold = -50, .interval = 1000ms});
  hear(levels, 1, 50);
  hear(levels, 2, 51);
  CHECK(levels.end_interval()->volumes == Volumes{{1, -50}});
}

TEST_CASE("digital silence is a volume only for the lowest threshold") {
  AudioLevels usual = with_producers(1);
  hear(usual, 1, 127);
  CHECK_FALSE(usual.end_interval());
  AudioLevels lowest = with_producers(1, {.max_entries = 1, .threshold = -127, .interval = 1000ms});
  hear(lowest, 1, 127);
  CHECK(lowest.end_interval()->volumes == Volumes{{1, -127}});
}

TEST_CASE("silence is told once, when it begins") {
  AudioLevels levels = with_producers(1);
  CHECK_FALSE(levels.end_interval());  // it was silent all along
  hear(levels, 1, 30);
  CHECK_EQ(levels.end_interval()->volumes.size(), 1);
  const auto silence = levels.end_interval();
  REQUIRE(silence);
  CHECK(silence->volumes.empty());
  CHECK_FALSE(levels.end_interval());
  hear(levels, 1, 30);
  CHECK_EQ(levels.end_interval()->volumes.size(), 1);
}

TEST_CASE("volumes are told each interval, changed or not") {
  AudioLevels levels = with_producers(1);
  for (int i = 0; i < 3; ++i) {
    hear(levels, 1, 30);
    CHECK(levels.end_interval()->volumes == Volumes{{1, -30}});
  }
}

TEST_CASE("an interval's levels do not count in the next") {
  AudioLevels levels = with_producers(1);
  hear(levels, 1, 10);
  levels.end_interval();
  hear(levels, 1, 50);
  CHECK(levels.end_interval()->volumes == Volumes{{1, -50}});
  hear(levels, 1, 10);
  levels.restart_interval();
  hear(levels, 1, 50);
  CHECK(levels.end_interval()->volumes == Volumes{{1, -50}});
}

TEST_CASE("a few stray packets are no volume, the long packets of a speaker are") {
  AudioLevels levels = with_producers(2);
  hear(levels, 1, 20, 3);  // comfort noise in 400 ms each
  hear(levels, 2, 30, 8);  // 120 ms each
  CHECK(levels.end_interval()->volumes == Volumes{{2, -30}});
  AudioLevels shortest = with_producers(2, {.max_entries = 9, .threshold = -80, .interval = 250ms});
  hear(shortest, 1, 20, 1);
  hear(shortest, 2, 30, 2);
  CHECK(shortest.end_interval()->volumes == Volumes{{2, -30}});
}

TEST_CASE("a producer that left is not told; the silence after the last one still is") {
  AudioLevels levels = with_producers(2);
  hear(levels, 1, 30);
  hear(levels, 2, 20);
  levels.remove(2);
  hear(levels, 2, 20);  // a packet behind its removal
  CHECK(levels.end_interval()->volumes == Volumes{{1, -30}});
  levels.remove(1);
  CHECK(levels.has_work());
  CHECK(levels.end_interval()->volumes.empty());
  CHECK_FALSE(levels.has_work());
}

TEST_CASE("who was added in the middle of an interval is told at its end") {
  AudioLevels levels = with_producers(1);
  hear(levels, 1, 30);
  levels.add(2);
  hear(levels, 2, 20, 20);
  CHECK(levels.end_interval()->volumes == Volumes{{2, -20}, {1, -30}});
}

}  // namespace sfu
