#include "core/rtp/h264.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

std::optional<Frame> h264(std::initializer_list<int> payload, bool marker = false) {
  return describe_h264(test::bytes_of(payload), marker);
}

TEST_CASE("H264: an IDR slice or a parameter set starts a key frame") {
  CHECK(h264({0x65, 0x80})->key_frame);
  CHECK(h264({0x65, 0x80})->begins);
  CHECK(h264({0x67, 0x42})->key_frame);
  CHECK(h264({0x67, 0x42})->begins);
  CHECK_FALSE(h264({0x68, 0x42})->key_frame);
  CHECK_FALSE(h264({0x41, 0x80})->key_frame);
}

TEST_CASE("H264: a slice begins a frame if it holds the first macroblock") {
  CHECK(h264({0x41, 0x80})->begins);
  CHECK_FALSE(h264({0x41, 0x40})->begins);
  CHECK_FALSE(h264({0x65, 0x40})->begins);
}

TEST_CASE("H264: a slice that nothing refers to may be dropped") {
  CHECK(h264({0x01, 0x80})->discardable);
  CHECK_FALSE(h264({0x21, 0x80})->discardable);
}

TEST_CASE("H264: a STAP-A shows what any of its units shows") {
  const auto frame = h264({0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1, 0, 2, 0x65, 0x80}, true);
  REQUIRE(frame);
  CHECK(frame->key_frame);
  CHECK(frame->begins);
  CHECK(frame->ends);
  CHECK_FALSE(frame->discardable);
  CHECK_FALSE(h264({0x78, 0, 2, 0x41, 0x80})->key_frame);
}

TEST_CASE("H264: a STAP-A whose sizes lie is refused") {
  CHECK_FALSE(h264({0x78, 0, 3, 0x67, 1}));
  CHECK_FALSE(h264({0x78, 0, 0}));
  CHECK_FALSE(h264({0x78, 0}));
}

TEST_CASE("H264: only the first fragment of an FU-A starts the frame") {
  const auto first = h264({0x7c, 0x85, 0x80});
  REQUIRE(first);
  CHECK(first->key_frame);
  CHECK(first->begins);
  const auto middle = h264({0x7c, 0x05, 0x80});
  CHECK_FALSE(middle->key_frame);
  CHECK_FALSE(middle->begins);
  CHECK(h264({0x1c, 0x01, 0x80})->discardable);
  CHECK_FALSE(h264({0x7c}));
}

TEST_CASE("H264: other packetizations are refused") {
  for (int type : {0, 25, 26, 27, 29, 30, 31}) CHECK_FALSE(h264({0x60 | type, 1, 2, 3}));
  CHECK_FALSE(h264({}));
  CHECK_FALSE(h264({0x65}));
}

}  // namespace
}  // namespace sfu::rtp
