#include "core/base/bitrate.hpp"

#include <doctest/doctest.h>

namespace sfu {

TEST_CASE("a rate, a size and a span: each of two gives the third") {
  CHECK((1_mbps).bytes_in(8ms) == 1000);
  CHECK((1_mbps).time_for(1000) == 8ms);
  CHECK(Bitrate::of(1000, 8ms) == 1_mbps);
}

TEST_CASE("the time that bytes take is rounded up") {
  CHECK((3_bps).time_for(1) == Duration(2'666'667));
  CHECK((1_kbps).time_for(0) == 0us);
}

TEST_CASE("rates are compared, added and divided among themselves") {
  CHECK(999_kbps < 1_mbps);
  CHECK(2.5_mbps - 500_kbps == 1_mbps + 1000_kbps);
  CHECK(1_mbps * 0.25 == 250_kbps);
  CHECK(1_mbps / 250_kbps == doctest::Approx(4));
}

TEST_CASE("an unlimited rate can be added to another") { CHECK(kUnlimited + kUnlimited > kUnlimited); }

}  // namespace sfu
