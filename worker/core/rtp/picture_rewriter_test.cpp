#include "core/rtp/picture_rewriter.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "core/base/random.hpp"

namespace sfu::rtp {
namespace {

constexpr int kStarts[] = {0, 1, 126, 127, 128, 16383, 16384, 32766, 32767};

Frame frame(int id, int tl0, int temporal_layer = 0, bool long_id = true) {
  Frame frame;
  frame.picture_id_at = 2;
  frame.picture_id_long = long_id;
  frame.picture_id = static_cast<uint16_t>(id & (long_id ? 0x7fff : 0x7f));
  frame.tl0_picture_index_at = 4;
  frame.tl0_picture_index = static_cast<uint8_t>(tl0);
  frame.temporal_layer = static_cast<uint8_t>(temporal_layer);
  return frame;
}

TEST_CASE("pictures of one stream keep their distances over the wrap, in both sizes of id") {
  for (bool long_id : {true, false}) {
    for (int start : kStarts) {
      PictureRewriter pictures;
      pictures.switch_to(1, frame(start, 255, 0, long_id));
      for (int i = 0; i < 200; ++i) {
        const auto picture = pictures.forward(frame(start + i, 255 + i, 0, long_id));
        REQUIRE(picture);
        CHECK(picture->id == i);
        CHECK(picture->tl0 == static_cast<uint8_t>(255 + i));
      }
    }
  }
}

TEST_CASE("all packets of a picture get the same numbers, late ones too") {
  PictureRewriter pictures;
  pictures.switch_to(1, frame(32767, 1));
  const auto first = pictures.forward(frame(32767, 1));
  pictures.forward(frame(0, 2));
  CHECK(pictures.forward(frame(32767, 1)) == first);
}

TEST_CASE("a skipped picture leaves no gap") {
  for (int start : kStarts) {
    PictureRewriter pictures;
    pictures.switch_to(1, frame(start, 9));
    CHECK(pictures.forward(frame(start, 9))->id == 0);
    for (int packet = 0; packet < 3; ++packet) pictures.skip(frame(start + 1, 9, 2));
    CHECK(pictures.forward(frame(start + 2, 9, 1))->id == 1);
    CHECK_FALSE(pictures.forward(frame(start + 1, 9, 2)));
  }
}

TEST_CASE("a switch continues both numbers by one") {
  for (int start : kStarts) {
    PictureRewriter pictures;
    pictures.switch_to(1, frame(start, 255));
    const auto before = pictures.forward(frame(start, 255));
    pictures.switch_to(2, frame(start + 1000, 77));
    const auto after = pictures.forward(frame(start + 1000, 77));
    CHECK(after->id == before->id + 1);
    CHECK(after->tl0 == static_cast<uint8_t>(before->tl0 + 1));
    CHECK(pictures.forward(frame(start + 1001, 78))->tl0 == 1);
  }
}

TEST_CASE("a retransmitted packet gets the numbers that it had, after switches too") {
  PictureRewriter pictures;
  pictures.switch_to(1, frame(32760, 250));
  std::vector<std::pair<Frame, Picture>> sent;
  for (int i = 0; i < 20; ++i) {
    const Frame f = frame(32760 + i, 250 + i / 2, i % 2);
    if (i % 5 == 3)
      pictures.skip(f);
    else
      sent.emplace_back(f, *pictures.forward(f));
  }
  pictures.switch_to(2, frame(5, 5));
  pictures.forward(frame(5, 5));
  for (const auto& [f, picture] : sent) CHECK(pictures.find(1, f) == picture);
  CHECK_FALSE(pictures.find(1, frame(32763, 251)));
  CHECK_FALSE(pictures.find(3, frame(5, 5)));
}

TEST_CASE("a frame without picture id is left as it is") {
  PictureRewriter pictures;
  pictures.switch_to(1, Frame{});
  CHECK(pictures.forward(Frame{}) == Picture{});
  pictures.skip(Frame{});
  CHECK(pictures.find(1, Frame{}) == Picture{});
}

TEST_CASE("whatever is skipped and switched, consecutive pictures are consecutive") {
  Random random(5);
  PictureRewriter pictures;
  int next[2] = {32000, 100};
  int tl0[2] = {200, 100};
  uint16_t newest = 0x7fff;
  for (int round = 0; round < 300; ++round) {
    const uint32_t stream = random.below(2);
    bool fresh = true;
    for (uint32_t i = random.below(150); i > 0; --i) {
      const int layer = next[stream] % 4 == 0 ? 0 : 1 + next[stream] % 2;
      const Frame f = frame(next[stream]++, layer == 0 ? ++tl0[stream] : tl0[stream], layer);
      if (std::exchange(fresh, false)) pictures.switch_to(stream, f);
      if (layer == 2) {
        pictures.skip(f);
        continue;
      }
      const auto picture = pictures.forward(f);
      REQUIRE(picture);
      REQUIRE(picture->id == ((newest + 1) & 0x7fff));
      newest = picture->id;
    }
  }
}

}  // namespace
}  // namespace sfu::rtp
