#include "core/sctp/reassembly.hpp"

#include <doctest/doctest.h>

using namespace sfu;
using namespace sfu::sctp;

namespace {

const std::vector<uint8_t> kOneToFour{1, 2, 3, 4};

}  // namespace

TEST_CASE("a message comes whole or in parts") {
  Reassembly reassembly(4);
  const auto whole = reassembly.add(1, 51, kOneToFour, true);
  REQUIRE(whole);
  CHECK(whole->stream == 1);
  CHECK(whole->ppid == 51);
  CHECK(whole->bytes == kOneToFour);
  const Bytes bytes = kOneToFour;
  CHECK_FALSE(reassembly.add(2, 53, bytes.first(1), false));
  CHECK_FALSE(reassembly.add(2, 53, bytes.subspan(1, 2), false));
  const auto parts = reassembly.add(2, 53, bytes.subspan(3), true);
  REQUIRE(parts);
  CHECK(parts->stream == 2);
  CHECK(parts->bytes == kOneToFour);
  CHECK(reassembly.discarded() == 0);
}

TEST_CASE("a message that is too long is discarded whole, and counted once") {
  Reassembly reassembly(3);
  const Bytes bytes = kOneToFour;
  CHECK_FALSE(reassembly.add(1, 51, bytes, true));
  CHECK(reassembly.discarded() == 1);
  CHECK_FALSE(reassembly.add(1, 51, bytes.first(3), false));
  CHECK_FALSE(reassembly.add(1, 51, bytes.first(1), false));
  CHECK_FALSE(reassembly.add(1, 51, bytes.first(1), true));
  CHECK(reassembly.discarded() == 2);
  CHECK(reassembly.add(1, 51, bytes.first(3), true));
}

TEST_CASE("a message whose end does not come is not mixed with the next") {
  Reassembly reassembly(4);
  const Bytes bytes = kOneToFour;
  CHECK_FALSE(reassembly.add(1, 51, bytes.first(2), false));
  CHECK(reassembly.begun());
  reassembly.abandon();
  CHECK_FALSE(reassembly.begun());
  CHECK(reassembly.add(1, 51, bytes, true)->bytes == kOneToFour);
  CHECK_FALSE(reassembly.add(1, 51, bytes.first(2), false));
  CHECK(reassembly.add(2, 51, bytes, true)->bytes == kOneToFour);
  CHECK(reassembly.discarded() == 2);
}
