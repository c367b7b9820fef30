#include "core/rtp/av1.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

std::optional<Frame> av1(std::initializer_list<int> payload, bool marker = false) {
  return describe_av1(test::bytes_of(payload), marker);
}

constexpr int obu(int type, bool layered = false) { return type << 3 | (layered ? 4 : 0); }
constexpr int kSequenceHeader = 1, kTileGroup = 4, kFrame = 6;

TEST_CASE("AV1: N or a sequence header shows a key frame") {
  CHECK(av1({0x18, obu(kFrame), 1, 2})->key_frame);
  CHECK(av1({0x20, 2, obu(kSequenceHeader), 9, obu(kFrame), 1})->key_frame);
  CHECK_FALSE(av1({0x10, obu(kFrame), 1, 2})->key_frame);
}

TEST_CASE("AV1: N with a continued OBU is a contradiction") { CHECK_FALSE(av1({0x98, 1, 2})); }

TEST_CASE("AV1: the layers are those of the OBU extension") {
  const auto frame = av1({0x10, obu(kFrame, true), 0b010'01'000, 7});
  REQUIRE(frame);
  CHECK(frame->temporal_layer == 2);
  CHECK(frame->spatial_layer == 1);
}

TEST_CASE("AV1: a continued OBU neither begins a frame nor has a header") {
  const auto frame = av1({0x90, obu(kSequenceHeader, true), 0xff});
  REQUIRE(frame);
  CHECK_FALSE(frame->begins);
  CHECK_FALSE(frame->key_frame);
  CHECK(frame->temporal_layer == 0);
}

TEST_CASE("AV1: a frame begins with anything but a tile group") {
  CHECK(av1({0x10, obu(kFrame), 1})->begins);
  CHECK_FALSE(av1({0x10, obu(kTileGroup), 1})->begins);
}

TEST_CASE("AV1: elements with a size each, to the end of the packet") {
  const auto frame = av1({0x00, 2, obu(kFrame), 1, 0x82, 0x00, obu(kSequenceHeader), 1}, true);
  REQUIRE(frame);
  CHECK(frame->key_frame);
  CHECK(frame->ends);
}

TEST_CASE("AV1: sizes that lie are refused") {
  CHECK_FALSE(av1({0x00, 3, obu(kFrame), 1}));
  CHECK_FALSE(av1({0x20, 5, obu(kFrame), 1}));
  CHECK_FALSE(av1({0x00, 0x80}));
  CHECK_FALSE(av1({0x00, 0xff, 0xff, 0xff, 0xff, 1}));
  CHECK_FALSE(av1({0x10}));
  CHECK_FALSE(av1({}));
}

TEST_CASE("AV1: the forbidden bit is refused") { CHECK_FALSE(av1({0x10, 0x80, 1})); }

}  // namespace
}  // namespace sfu::rtp
