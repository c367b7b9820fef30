#include "core/rtp/vp8.hpp"

#include <doctest/doctest.h>

#include "core/rtp/picture.hpp"
#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

std::optional<Frame> vp8(std::initializer_list<int> payload, bool marker = false) {
  return describe_vp8(test::bytes_of(payload), marker);
}

TEST_CASE("VP8: a descriptor of one byte") {
  const auto key = vp8({0x10, 0x00});
  REQUIRE(key);
  CHECK(key->key_frame);
  CHECK(key->begins);
  CHECK_FALSE(key->ends);
  CHECK(key->picture_id_at == 0);
  CHECK_FALSE(vp8({0x10, 0x01})->key_frame);
  CHECK(vp8({0x30, 0x01})->discardable);
  CHECK(vp8({0x10, 0x01}, true)->ends);
}

TEST_CASE("VP8: only the start of the first partition shows a key frame") {
  CHECK_FALSE(vp8({0x00, 0x00})->key_frame);
  CHECK_FALSE(vp8({0x11, 0x00})->key_frame);
  CHECK_FALSE(vp8({0x11, 0x00})->begins);
}

TEST_CASE("VP8: picture id, TL0PICIDX and layers, long and short") {
  const auto longer = vp8({0x90, 0xf0, 0xff, 0xfe, 0x80, 0xbf, 0x00});
  REQUIRE(longer);
  CHECK(longer->picture_id_at == 2);
  CHECK(longer->picture_id_long);
  CHECK(longer->picture_id == 0x7ffe);
  CHECK(longer->tl0_picture_index_at == 4);
  CHECK(longer->tl0_picture_index == 0x80);
  CHECK(longer->temporal_layer == 2);
  CHECK(longer->layer_sync);
  CHECK(longer->key_frame);

  const auto shorter = vp8({0x90, 0xe0, 0x7f, 0x11, 0x40, 0x01});
  REQUIRE(shorter);
  CHECK_FALSE(shorter->picture_id_long);
  CHECK(shorter->picture_id == 0x7f);
  CHECK(shorter->tl0_picture_index_at == 3);
  CHECK(shorter->temporal_layer == 1);
  CHECK_FALSE(shorter->layer_sync);
}

TEST_CASE("VP8: a temporal layer that is not marked is none") {
  const auto frame = vp8({0x90, 0x10, 0xff, 0x01});
  REQUIRE(frame);
  CHECK(frame->temporal_layer == 0);
  CHECK_FALSE(frame->layer_sync);
}

TEST_CASE("VP8: every truncation is refused") {
  const auto whole = test::bytes_of({0x90, 0xf0, 0xff, 0xfe, 0x80, 0xbf, 0x00});
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(describe_vp8(Bytes(whole).first(size), false));
  CHECK(describe_vp8(whole, false));
}

TEST_CASE("VP8: other picture numbers are written where they lie") {
  auto longer = test::bytes_of({0x90, 0xf0, 0xff, 0xfe, 0x80, 0xbf, 0x00});
  rewrite_picture(longer, *describe_vp8(longer, false), {0x7fff, 0xff});
  CHECK(longer == test::bytes_of({0x90, 0xf0, 0xff, 0xff, 0xff, 0xbf, 0x00}));

  auto shorter = test::bytes_of({0x90, 0xe0, 0x7f, 0x11, 0x40, 0x01});
  rewrite_picture(shorter, *describe_vp8(shorter, false), {0x1234, 3});
  CHECK(shorter == test::bytes_of({0x90, 0xe0, 0x34, 3, 0x40, 0x01}));

  auto none = test::bytes_of({0x10, 0x00});
  rewrite_picture(none, *describe_vp8(none, false), {5, 5});
  CHECK(none == test::bytes_of({0x10, 0x00}));
}

}  // namespace
}  // namespace sfu::rtp
