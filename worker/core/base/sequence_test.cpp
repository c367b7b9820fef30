#include "core/base/sequence.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/base/random.hpp"

namespace sfu {

const std::vector<uint16_t> kStarts{0,      1,      127,    255,    256,    32'766,
                                    32'767, 32'768, 32'769, 65'280, 65'534, 65'535};

template <class T>
T plus(T a, int64_t offset) {
  return static_cast<T>(a + offset);
}

TEST_CASE("a number is newer than those up to half the space before it, wherever it is") {
  for (const uint16_t start : kStarts) {
    for (const int64_t step : {1, 2, 100, 32'767}) {
      CHECK(is_newer(plus(start, step), start));
      CHECK_FALSE(is_newer(start, plus(start, step)));
    }
    CHECK_FALSE(is_newer(start, start));
    CHECK_FALSE(is_newer(plus(start, 32'768), start));
  }
  CHECK(is_newer<uint32_t>(5, UINT32_MAX - 5));
  CHECK_FALSE(is_newer<uint32_t>(UINT32_MAX - 5, 5));
}

TEST_CASE("unwrapped numbers keep their distances across the wrap") {
  for (const uint16_t start : kStarts) {
    Unwrapper<uint16_t> unwrapper;
    CHECK_EQ(unwrapper.unwrap(start), start);
    for (int64_t i = 1; i < 200'000; i += 997) CHECK_EQ(unwrapper.unwrap(plus(start, i)), start + i);
  }
}

TEST_CASE("older numbers unwrap to what they were, even below the first") {
  for (const uint16_t start : kStarts) {
    Unwrapper<uint16_t> unwrapper;
    unwrapper.unwrap(start);
    for (int64_t back = 0; back < 32'768; back += 251)
      CHECK_EQ(unwrapper.unwrap(plus(start, -back)), start - back);
    CHECK_EQ(unwrapper.newest(), start);
  }
}

TEST_CASE("a shuffled stream unwraps to the same numbers") {
  Random random(7);
  for (const uint16_t start : kStarts) {
    Unwrapper<uint16_t> unwrapper;
    unwrapper.unwrap(start);
    for (int64_t i = 0; i < 100'000; i += 50) {
      const int64_t at = i + random.below(5000);
      CHECK_EQ(unwrapper.unwrap(plus(start, at)), start + at);
    }
  }
}

TEST_CASE("timestamps unwrap as well") {
  Unwrapper<uint32_t> unwrapper;
  CHECK_EQ(unwrapper.unwrap(UINT32_MAX - 10), int64_t{UINT32_MAX} - 10);
  CHECK_EQ(unwrapper.unwrap(89'989), int64_t{UINT32_MAX} + 89'990);
}

TEST_CASE("peeking does not move on, and a reset forgets") {
  Unwrapper<uint16_t> unwrapper;
  CHECK_EQ(unwrapper.peek(9), 9);
  CHECK_FALSE(unwrapper.newest());
  unwrapper.unwrap(65'535);
  CHECK_EQ(unwrapper.peek(3), 65'539);
  CHECK_EQ(unwrapper.newest(), 65'535);
  unwrapper.reset();
  CHECK_EQ(unwrapper.unwrap(3), 3);
}

}  // namespace sfu
