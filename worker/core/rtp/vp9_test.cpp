#include "core/rtp/vp9.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

std::optional<Frame> vp9(std::initializer_list<int> payload) { return describe_vp9(test::bytes_of(payload)); }

TEST_CASE("VP9: a frame of a stream without layers") {
  const auto key = vp9({0x8c, 0x05, 42});
  REQUIRE(key);
  CHECK(key->key_frame);
  CHECK(key->begins);
  CHECK(key->ends);
  CHECK(key->picture_id == 5);
  CHECK(key->picture_id_at == 1);
  const auto delta = vp9({0xc0, 0x85, 0x06, 42});
  CHECK_FALSE(delta->key_frame);
  CHECK(delta->inter_picture);
  CHECK(delta->picture_id == 0x506);
  CHECK(delta->picture_id_long);
}

TEST_CASE("VP9: layers, in the mode with TL0PICIDX") {
  const auto frame = vp9({0xa9, 0x80, 0x01, 0b010'1'001'1, 77, 42});
  REQUIRE(frame);
  CHECK(frame->temporal_layer == 2);
  CHECK(frame->switch_up);
  CHECK(frame->spatial_layer == 1);
  CHECK(frame->inter_layer);
  CHECK(frame->unused_above);
  CHECK(frame->tl0_picture_index == 77);
  CHECK(frame->tl0_picture_index_at == 4);
}

TEST_CASE("VP9: an upper layer of a key picture needs the one below, one of its own does not") {
  CHECK_FALSE(vp9({0xa8, 0x01, 0b000'0'001'1, 0, 42})->key_frame);
  CHECK(vp9({0xa8, 0x01, 0b000'0'001'0, 0, 42})->key_frame);
}

TEST_CASE("VP9: flexible mode has references instead of TL0PICIDX") {
  const auto frame = vp9({0xf8, 0x01, 0b001'0'000'0, 0x03, 0x05, 0x06, 42});
  REQUIRE(frame);
  CHECK(frame->temporal_layer == 1);
  CHECK(frame->tl0_picture_index_at == 0);
  CHECK_FALSE(vp9({0xf8, 0x01, 0x20, 0x03, 0x05, 0x07, 0x02, 42}));
}

TEST_CASE("VP9: every truncation within a scalability structure is refused") {
  // Two layers with sizes, a picture group of two with one and two references.
  const auto whole = test::bytes_of(
      {0xaa, 0x01, 0x00, 0x07, 0b001'1'1'000, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0x04, 0x01, 0x28, 0x01, 0x02, 42});
  REQUIRE(describe_vp9(whole));
  CHECK(describe_vp9(whole)->key_frame);
  for (size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(describe_vp9(Bytes(whole).first(size)));
}

TEST_CASE("VP9: the last packet of a frame ends it") {
  CHECK_FALSE(vp9({0x88, 0x01, 42})->ends);
  CHECK(vp9({0x84, 0x01, 42})->ends);
  CHECK_FALSE(vp9({0x84, 0x01, 42})->begins);
}

}  // namespace
}  // namespace sfu::rtp
