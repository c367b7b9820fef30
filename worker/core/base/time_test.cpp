#include "core/base/time.hpp"

#include <doctest/doctest.h>

namespace sfu {

TEST_CASE("NTP time is 32.32 fixed point") {
  CHECK_EQ(to_ntp(1s).value, uint64_t{1} << 32);
  CHECK_EQ(to_ntp(250ms).value, uint64_t{1} << 30);
  CHECK_EQ(to_ntp(Time(3s)).middle(), 3 << 16);
}

TEST_CASE("the middle of NTP time wraps with its 16 bits of seconds") {
  CHECK_EQ(to_ntp(65'537s).middle(), 1 << 16);
  CHECK_EQ(to_ntp(65'537s).middle() - to_ntp(65'535s).middle(), 2 << 16);
}

TEST_CASE("spans convert there and back within one unit") {
  for (const Duration span : {Duration(0), Duration(16), Duration(1'000'000), Duration(20'000'000)})
    CHECK_LE(std::chrono::abs(from_ntp_middle(to_ntp_middle(span)) - span), Duration(16));
}

TEST_CASE("durations read as numbers") {
  CHECK_EQ(seconds(1500ms), 1.5);
  CHECK_EQ(milliseconds(1500us), 1);
}

}  // namespace sfu
