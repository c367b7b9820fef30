#include "core/bwe/arrival_groups.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace sfu::bwe {
namespace {

constexpr Time kStart{1000s};

// A packet by when it left and arrived, in ms; and the change of delay that its coming has completed, if any.
struct Row {
  int sent;
  int arrived;
  std::optional<int> change = std::nullopt;
  bool completes = false;
};

void check(const std::vector<Row>& rows) {
  ArrivalGroups groups;
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    const auto step = groups.add(kStart + row.sent * 1ms, kStart + row.arrived * 1ms);
    CHECK(step.has_value() == (row.completes || row.change));
    if (!step) continue;
    CHECK(step->delay_change.has_value() == row.change.has_value());
    if (row.change) CHECK(step->delay_change == *row.change * 1ms);
  }
}

TEST_CASE("a group is complete when the next one begins, and is held against the one before") {
  check({{0, 50}, {20, 70, {}, true}, {40, 95, 0}, {60, 110, 5}, {80, 130, -5}});
}

TEST_CASE("packets that leave within 5 ms are one group: the last one counts") {
  check({{0, 50}, {3, 53}, {5, 58}, {20, 70, {}, true}, {22, 80}, {40, 100, 5}});
}

TEST_CASE("what arrives in one go behind a packet that was held up is one group with it") {
  check({{0, 50}, {20, 70, {}, true}, {40, 150, 0}, {60, 151}, {80, 152}, {100, 153}, {120, 170, 3}});
}

TEST_CASE("packets that arrive as slowly as they leave are groups of their own, however close") {
  check({{0, 50}, {6, 56, {}, true}, {12, 62, 0}, {18, 68, 0}});
}

TEST_CASE("a packet that left before the current group is left out") {
  check({{0, 50}, {20, 70, {}, true}, {10, 71}, {40, 90, 0}});
}

TEST_CASE("after a jump of the receiver's clock there is nothing to compare with") {
  check({{0, 50}, {20, 70, {}, true}, {40, 5000, 0}, {60, 5020, {}, true}, {80, 5040, 0}});
}

}  // namespace
}  // namespace sfu::bwe
