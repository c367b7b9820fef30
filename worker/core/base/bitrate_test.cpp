#include "core/base/bitrate.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

TEST_CASE("a rate carries so many bytes in a span") {
  struct Row {
    Bitrate rate;
    Duration span;
    int64_t bytes;
  };
  for (const auto& [rate, span, bytes] : {Row{8_kbps, 1s, 1000},
                                          {8_kbps, 1ms, 1},
                                          {8_kbps, 999us, 0},
                                          {0_bps, 1s, 0},
                                          {10_mbps, 5ms, 6250},
                                          {100_mbps, 24h * 365, 394'200'000'000'000}})
    CHECK(rate.bytes_in(span) == bytes);
}

TEST_CASE("bytes take so long at a rate, rounded up; for ever at none") {
  CHECK((8_kbps).time_for(1000) == 1s);
  CHECK((1_mbps).time_for(1) == 8us);
  CHECK((3_mbps).time_for(1) == 3us);
  CHECK((3_mbps).time_for(0) == 0us);
  CHECK((0_bps).time_for(1) == Duration::max());
}

TEST_CASE("the rate of bytes in a span; unlimited when there is no span") {
  CHECK(Bitrate::of(1000, 1s) == 8_kbps);
  CHECK(Bitrate::of(1200, 10ms) == 960_kbps);
  CHECK(Bitrate::of(1, 0s) == kUnlimited);
  CHECK(Bitrate::of(1, -1s) == kUnlimited);
}

TEST_CASE("what would overflow is clamped") {
  CHECK(kUnlimited.bytes_in(Duration::max()) == std::numeric_limits<int64_t>::max());
  CHECK((1_bps).time_for(std::numeric_limits<int64_t>::max()) == Duration::max());
  CHECK(Bitrate::of(std::numeric_limits<int64_t>::max(), 1us) == kUnlimited);
  CHECK(kUnlimited * 3 == kUnlimited);
  CHECK(kUnlimited / 0.1 == kUnlimited);
  CHECK(kUnlimited + kUnlimited > kUnlimited);
}

TEST_CASE("rates add, scale, compare and have ratios") {
  CHECK(300_kbps + 200_kbps == 500_kbps);
  CHECK(1_mbps - 1_kbps == 999_kbps);
  CHECK(1_mbps * 0.85 == 850_kbps);
  CHECK(2 * 1_mbps == 2_mbps);
  CHECK(3_mbps / 2 == 1500_kbps);
  CHECK(700_kbps * 1.15 == 805_kbps);  // rounded: in floating point it is a little less
  CHECK((0_bps - 3_bps) * 0.5 == Bitrate{-2});
  CHECK(3_mbps / 2_mbps == doctest::Approx(1.5));
  CHECK(999_kbps < 1_mbps);
}

}  // namespace
}  // namespace sfu
