#include "core/bwe/allocator.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/base/random.hpp"

namespace sfu::bwe {
namespace {

constexpr int kNothing = -1;

// Rates are kbit/s here.
std::vector<Bitrate> rates(std::initializer_list<int> kbps) {
  std::vector<Bitrate> out;
  for (const int rate : kbps) out.push_back({rate * 1000});
  return out;
}
const std::vector<Bitrate> kThree = rates({100, 300, 1500});
const std::vector<Bitrate> kPlain = rates({800});
const std::vector<Bitrate> kAudio = rates({32});

std::vector<int> steps_of(std::vector<Demand>& demands, int kbps) {
  allocate(demands, {kbps * 1000});
  std::vector<int> out;
  for (const Demand& demand : demands)
    out.push_back(demand.granted ? static_cast<int>(*demand.granted) : kNothing);
  return out;
}

Demand three() { return {.ladder = kThree}; }

TEST_CASE("one stream gets the highest step that fits, and its lowest in any case") {
  const std::pair<int, int> table[] = {{0, 0},    {99, 0},   {300, 0},   {315, 1},
                                       {1500, 1}, {1575, 2}, {90'000, 2}};
  for (const auto& [available, step] : table) {
    CAPTURE(available);
    std::vector<Demand> demands{three()};
    CHECK(steps_of(demands, available) == std::vector{step});
  }
}

TEST_CASE("what a stream has it keeps without the margin, and as long as no more than a tenth is missing") {
  std::vector<Demand> demands{three()};
  demands[0].current = 2;
  CHECK(steps_of(demands, 1500) == std::vector{2});
  CHECK(steps_of(demands, 1381) == std::vector{2});
  CHECK(steps_of(demands, 1379) == std::vector{1});
  demands[0].current = 1;
  CHECK(steps_of(demands, 1500) == std::vector{1});
}

TEST_CASE("equal streams get equal steps before anyone gets more") {
  std::vector<Demand> demands{three(), three(), three()};
  CHECK(steps_of(demands, 715) == std::vector{1, 1, 0});
  CHECK(steps_of(demands, 1000) == std::vector{1, 1, 1});
  CHECK(steps_of(demands, 2300) == std::vector{2, 1, 1});
  CHECK(steps_of(demands, 9000) == std::vector{2, 2, 2});
}

TEST_CASE("equals do not take each other's steps, whatever their rates waver to") {
  const auto a = rates({100, 300, 1500}), b = rates({90, 280, 1400}), c = rates({110, 310, 1600});
  std::vector<Demand> demands{{.ladder = a}, {.ladder = b}, {.ladder = c}};
  demands[0].current = 1, demands[1].current = 1, demands[2].current = 2;
  CHECK(steps_of(demands, 2200) == std::vector{1, 1, 2});
  std::swap(demands[0].ladder, demands[2].ladder);
  CHECK(steps_of(demands, 2200) == std::vector{1, 1, 2});
}

TEST_CASE("who has little gets a step from one who has much, unless he would then have more than that one") {
  const auto fine = rates({100, 300, 700, 1500});
  std::vector<Demand> demands{{.ladder = fine}, {.ladder = fine}};
  demands[0].current = 3;
  CHECK(steps_of(demands, 1650) == std::vector{2, 2});
  demands[0].current = 2, demands[1].current = 1;
  CHECK(steps_of(demands, 1100) == std::vector{2, 1});
}

TEST_CASE("a higher tier is served first, and only after everyone's floor") {
  std::vector<Demand> demands{three(), three(), three()};
  demands[1].tier = 1;
  CHECK(steps_of(demands, 300) == std::vector{0, 0, 0});
  CHECK(steps_of(demands, 600) == std::vector{0, 1, 0});
  CHECK(steps_of(demands, 1900) == std::vector{0, 2, 0});
  CHECK(steps_of(demands, 2000) == std::vector{1, 2, 0});
}

TEST_CASE("weights share a tier in their proportion") {
  const auto ladder = rates({100, 200, 300, 400, 500, 600, 700, 800, 900});
  std::vector<Demand> demands{{.ladder = ladder, .weight = 1}, {.ladder = ladder, .weight = 3}};
  allocate(demands, Bitrate{1'300'000});
  CHECK(*demands[0].granted == 2);  // 300
  CHECK(*demands[1].granted == 8);  // 900
}

TEST_CASE("one that yields gives way when its floor does not fit; of the others nobody goes black") {
  std::vector<Demand> demands{three(), three(), {.ladder = kPlain}, {.ladder = kAudio}};
  demands[1].yields = true;
  CHECK(steps_of(demands, 150) == std::vector{0, kNothing, 0, 0});
  CHECK(steps_of(demands, 1060) == std::vector{0, 0, 0, 0});
}

TEST_CASE("in a lower tier one yields to the floors of a higher one") {
  std::vector<Demand> demands{three(), three()};
  demands[0].yields = demands[1].yields = true;
  demands[1].tier = 5;
  CHECK(steps_of(demands, 150) == std::vector{kNothing, 0});
}

TEST_CASE("a floor above the lowest step comes before others get more; if it does not fit, less of it") {
  std::vector<Demand> demands{three(), three()};
  demands[1].floor = 1;
  CHECK(steps_of(demands, 450) == std::vector{0, 1});
  CHECK(steps_of(demands, 250) == std::vector{0, 0});
}

TEST_CASE("an empty ladder gets nothing") {
  std::vector<Demand> demands{three(), {}};
  CHECK(steps_of(demands, 90'000) == std::vector{2, kNothing});
  std::vector<Demand> none;
  CHECK(allocate(none, {1000}) == Bitrate{});
}

TEST_CASE("a step that was lost lately must fit with more room") {
  std::vector<Demand> demands{three()};
  demands[0].current = 0;
  demands[0].margin = 1;
  CHECK(steps_of(demands, 599) == std::vector{0});
  CHECK(steps_of(demands, 600) == std::vector{1});
}

TEST_CASE("whatever is asked, no more than is there is given beyond the floors, and more never means less") {
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::vector<Bitrate>> ladders(1 + random.below(12));
    std::vector<Demand> demands;
    Bitrate floors;
    for (auto& ladder : ladders) {
      Bitrate rate;
      for (uint32_t i = random.below(7); i > 0; --i)
        ladder.push_back(rate += Bitrate{1 + random.below(500'000)});
      demands.push_back({.ladder = ladder,
                         .tier = static_cast<uint8_t>(random.below(3)),
                         .weight = static_cast<uint8_t>(random.below(256)),
                         .yields = random.below(4) == 0});
      if (!ladder.empty()) floors += ladder[0];
    }
    const Bitrate available{random.below(3'000'000)};
    const Bitrate given = allocate(demands, available);
    CHECK(given <= std::max(available, floors));
    Bitrate sum;
    for (const Demand& demand : demands) {
      if (!demand.yields) CHECK(demand.granted.has_value() == !demand.ladder.empty());
      if (demand.granted) sum += demand.ladder[*demand.granted];
    }
    CHECK(sum == given);
  }
}

}  // namespace
}  // namespace sfu::bwe
