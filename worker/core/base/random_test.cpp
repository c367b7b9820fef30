#include "core/base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace sfu {

TEST_CASE("the stream is ChaCha20's (RFC 8439, A.1, test vector 1)") {
  Random random(Random::Seed{});
  std::array<uint8_t, 8> first{};
  random.fill(first);
  CHECK(std::ranges::equal(first, std::array<uint8_t, 8>{0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90}));
}

TEST_CASE("a seed gives the same numbers each time, another seed others") {
  Random one(1), same(1), other(2);
  const uint64_t value = one.u64();
  CHECK_EQ(value, same.u64());
  CHECK_NE(value, other.u64());
}

TEST_CASE("the stream is the same however it is read") {
  Random bytes(1), whole(1);
  std::array<uint8_t, 1000> a{}, b{};
  for (size_t i = 0; i < a.size(); ++i) bytes.fill(MutableBytes(a).subspan(i, 1));
  whole.fill(b);
  CHECK_EQ(a, b);
}

TEST_CASE("numbers stay below their bound and reach all of it") {
  Random random(1);
  std::array<int, 10> seen{};
  for (int i = 0; i < 10'000; ++i) ++seen.at(random.below(10));
  for (const int count : seen) CHECK_EQ(count / 1000.0, doctest::Approx(1).epsilon(0.15));
  CHECK_EQ(random.below(1), 0);
}

TEST_CASE("real numbers lie between 0 and 1") {
  Random random(1);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.real();
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    sum += value;
  }
  CHECK_EQ(sum / 10'000, doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("text is letters and digits of the length asked for") {
  Random random(1);
  const std::string text = random.text(500);
  CHECK_EQ(text.size(), 500);
  CHECK(std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0; }));
  CHECK_NE(random.text(16), random.text(16));
  CHECK_EQ(random.text(0), "");
}

}  // namespace sfu
