#include "core/bwe/link_capacity.hpp"

#include <doctest/doctest.h>

namespace sfu::bwe {
namespace {

LinkCapacity learned(std::initializer_list<Bitrate> measured) {
  LinkCapacity capacity;
  for (const Bitrate rate : measured) capacity.learn(rate);
  return capacity;
}

TEST_CASE("nothing is known at first: nothing exceeds it") {
  CHECK_FALSE(LinkCapacity().get());
  CHECK_FALSE(LinkCapacity().is_exceeded_by(100_mbps));
}

TEST_CASE("measurements that agree are averaged, another one replaces them") {
  CHECK(learned({1_mbps}).get() == 1_mbps);
  CHECK(learned({1000_kbps, 1080_kbps}).get() == 1020_kbps);
  CHECK(learned({1_mbps, 2_mbps}).get() == 2_mbps);
  CHECK(learned({1_mbps, 500_kbps}).get() == 500_kbps);
}

TEST_CASE("where they scatter the link is shared; one that changed once is not") {
  CHECK_FALSE(learned({1000_kbps, 1020_kbps, 990_kbps, 1010_kbps, 1000_kbps, 980_kbps}).is_shared());
  CHECK_FALSE(learned({2_mbps, 500_kbps, 505_kbps}).is_shared());
  CHECK(learned({1000_kbps, 1100_kbps, 960_kbps, 1150_kbps, 1000_kbps, 900_kbps}).is_shared());
}

TEST_CASE("it is exceeded by a little more, or by much more where it is shared") {
  CHECK_FALSE(learned({1_mbps}).is_exceeded_by(1060_kbps));
  CHECK(learned({1_mbps}).is_exceeded_by(1080_kbps));
  const auto shared = learned({1000_kbps, 1100_kbps, 960_kbps, 1150_kbps, 1000_kbps, 900_kbps});
  CHECK_FALSE(shared.is_exceeded_by(1300_kbps));
  CHECK(shared.is_exceeded_by(1600_kbps));
}

}  // namespace
}  // namespace sfu::bwe
