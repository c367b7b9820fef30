#include "load/stamp.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace sfu::load {
namespace {

std::vector<uint8_t> stamped(size_t size) {
  std::vector<uint8_t> payload(size);
  for (size_t i = 0; i < size; ++i) payload[i] = static_cast<uint8_t>(i);
  Stamp{7, true, 9, Time(123456us)}.write(payload);
  return payload;
}

}  // namespace

TEST_CASE("a stamp says of each payload what was written, whatever its size") {
  for (const size_t size : {32u, 33u, 100u, 1160u}) {
    const auto stamp = Stamp::read(stamped(size));
    REQUIRE(stamp);
    CHECK(stamp->stream == 7);
    CHECK(stamp->whole);
    CHECK(stamp->index == 9);
    CHECK(stamp->made == Time(123456us));
  }
}

TEST_CASE("the payload descriptor may change, any other bit may not") {
  for (size_t bit = 0; bit < 100 * 8; ++bit) {
    std::vector<uint8_t> payload = stamped(100);
    payload[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK(Stamp::read(payload).has_value() == (bit / 8 < Stamp::kVariable));
  }
}

TEST_CASE("what is too short has no stamp") {
  const std::vector<uint8_t> payload = stamped(100);
  for (size_t size = 0; size < 100; ++size) CHECK(!Stamp::read(Bytes(payload).first(size)));
}

}  // namespace sfu::load
