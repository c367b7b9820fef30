#include "core/router/score.hpp"

#include <doctest/doctest.h>

namespace sfu {

TEST_CASE("a stream without loss has the best score, one that nothing comes through of the worst") {
  Score score;
  for (int i = 0; i < 30; ++i) score.update(100, 0, 0);
  CHECK(score.value() == 10);
  for (int i = 0; i < 30; ++i) score.update(100, 100, 0);
  CHECK(score.value() == 0);
}

TEST_CASE("the score falls with loss, and repaired packets count half") {
  const auto after = [](uint64_t lost, uint64_t repaired) {
    Score score;
    for (int i = 0; i < 30; ++i) score.update(100, lost, repaired);
    return score.value();
  };
  CHECK(after(10, 0) == 7);
  CHECK(after(30, 0) == 2);
  CHECK(after(0, 20) == after(10, 0));
}

TEST_CASE("recent intervals weigh more") {
  Score falling, rising;
  for (int i = 0; i < 24; ++i) {
    falling.update(100, i < 12 ? 0 : 50, 0);
    rising.update(100, i < 12 ? 50 : 0, 0);
  }
  CHECK(falling.value() < rising.value());
}

TEST_CASE("an interval that lies is cut to what is possible, an empty one changes nothing") {
  Score score;
  CHECK(!score.update(0, 100, 100));
  CHECK(score.value() == 10);
  score.update(10, 1'000'000, 1'000'000);
  CHECK(score.value() == 0);
}

TEST_CASE("a stream that fell silent scores nothing until packets come again") {
  Score score;
  CHECK(score.reset());
  CHECK(score.value() == 0);
  score.update(100, 0, 0);
  CHECK(score.value() == 10);
}

}  // namespace sfu
