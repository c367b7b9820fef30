#include "core/rtp/h265.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

std::optional<Frame> h265(std::initializer_list<int> payload, bool marker = false) {
  return describe_h265(test::bytes_of(payload), marker);
}

constexpr int first_byte(int type) { return type << 1; }

TEST_CASE("H265: IRAP slices and parameter sets start a key frame") {
  for (int type : {16, 19, 20, 21, 23, 32, 33}) {
    CHECK(h265({first_byte(type), 1, 0x80})->key_frame);
    CHECK(h265({first_byte(type), 1, 0x80})->begins);
  }
  for (int type : {0, 1, 9, 34, 39}) CHECK_FALSE(h265({first_byte(type), 1, 0x80})->key_frame);
}

TEST_CASE("H265: the temporal layer is the header's, less one") {
  CHECK(h265({first_byte(1), 1, 0x80})->temporal_layer == 0);
  CHECK(h265({first_byte(1), 3, 0x80})->temporal_layer == 2);
  CHECK_FALSE(h265({first_byte(1), 0, 0x80}));
}

TEST_CASE("H265: TSA and STSA pictures are switching points") {
  for (int type : {2, 3, 4, 5}) CHECK(h265({first_byte(type), 2, 0x80})->layer_sync);
  for (int type : {2, 3}) CHECK(h265({first_byte(type), 2, 0x80})->switch_up);
  for (int type : {4, 5}) CHECK_FALSE(h265({first_byte(type), 2, 0x80})->switch_up);
  for (int type : {0, 1, 6}) CHECK_FALSE(h265({first_byte(type), 2, 0x80})->layer_sync);
}

TEST_CASE("H265: a slice begins a frame if it is the picture's first") {
  CHECK(h265({first_byte(1), 1, 0x80})->begins);
  CHECK_FALSE(h265({first_byte(1), 1, 0x7f})->begins);
}

TEST_CASE("H265: an aggregation packet shows what any of its units shows") {
  const auto frame =
      h265({first_byte(48), 1, 0, 3, first_byte(32), 1, 7, 0, 3, first_byte(19), 1, 0x80}, true);
  REQUIRE(frame);
  CHECK(frame->key_frame);
  CHECK(frame->begins);
  CHECK(frame->ends);
  CHECK_FALSE(h265({first_byte(48), 1, 0, 4, first_byte(32), 1, 7}));
  CHECK_FALSE(h265({first_byte(48), 1, 0, 1, first_byte(32)}));
}

TEST_CASE("H265: only the first fragment starts the frame") {
  CHECK(h265({first_byte(49), 1, 0x80 | 19, 0x80})->key_frame);
  CHECK(h265({first_byte(49), 1, 0x80 | 19, 0x80})->begins);
  CHECK_FALSE(h265({first_byte(49), 1, 19, 0x80})->key_frame);
  CHECK_FALSE(h265({first_byte(49), 1, 0x40 | 19, 0x80})->begins);
}

TEST_CASE("H265: short and reserved packets are refused") {
  CHECK_FALSE(h265({}));
  CHECK_FALSE(h265({first_byte(1), 1}));
  CHECK_FALSE(h265({first_byte(50), 1, 7, 7}));
  CHECK_FALSE(h265({first_byte(63), 1, 7, 7}));
}

}  // namespace
}  // namespace sfu::rtp
