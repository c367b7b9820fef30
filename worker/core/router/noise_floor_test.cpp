#include "core/router/noise_floor.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

struct Room {
  NoiseFloor noise;
  Time now{100s};

  void hear(uint8_t level, Duration duration) {
    for (const Time end = now + duration; now < end; now += 20ms) noise.on_level(level, now);
  }
};

}  // namespace

TEST_CASE("a room that was not heard yet is a usual one, and speech at once does not change that") {
  Room room;
  CHECK_EQ(room.noise.level(), NoiseFloor::kUsual);
  room.hear(25, 1s);
  CHECK_EQ(room.noise.level(), NoiseFloor::kUsual);
}

TEST_CASE("the first quiet moment tells how quiet the room is") {
  Room room;
  room.hear(25, 1s);
  room.hear(65, 20ms);
  room.hear(25, 1s);
  CHECK_EQ(room.noise.level(), 65);
}

TEST_CASE("a noise that does not end becomes background within ten seconds") {
  Room room;
  room.hear(65, 20s);
  room.hear(45, 4s);
  CHECK_EQ(room.noise.level(), 65);
  room.hear(45, 6s);
  CHECK_EQ(room.noise.level(), 45);
  room.hear(65, 20ms);
  CHECK_EQ(room.noise.level(), 65);
}

TEST_CASE("background is never louder nor quieter than rooms are") {
  Room room;
  room.hear(5, 20s);
  CHECK_EQ(room.noise.level(), NoiseFloor::kLoudest);
  room.hear(110, 20ms);
  CHECK_EQ(room.noise.level(), NoiseFloor::kQuietest);
}

TEST_CASE("a muted microphone says nothing about the room") {
  Room room;
  room.hear(50, 20s);
  room.hear(127, 60s);
  CHECK_EQ(room.noise.level(), 50);
}

}  // namespace sfu
