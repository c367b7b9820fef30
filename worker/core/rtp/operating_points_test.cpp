#include "core/rtp/operating_points.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_frames.hpp"

namespace sfu::rtp {
namespace {

using From = OperatingPoints::From;

std::unique_ptr<Packet> packet(int64_t sequence, uint32_t timestamp, uint8_t spatial = 0) {
  test::Frames frames{sequence, timestamp};
  return frames.vp9(spatial, 0, "P");
}

TEST_CASE("before the first change nothing is known") {
  OperatingPoints points;
  CHECK(points.at(1, *packet(5, 10)) == nullptr);
  points.change(1, *packet(5, 10), From::kPicture, {});
  CHECK(points.at(1, *packet(4, 9)) == nullptr);
  CHECK(points.at(2, *packet(5, 10)) == nullptr);
}

TEST_CASE("a change takes in earlier packets of its picture, or of its layer frame alone") {
  OperatingPoints points;
  points.change(1, *packet(1, 0), From::kPicture, {.spatial = 0});
  points.change(1, *packet(12, 100, 1), From::kPicture, {.spatial = 1});
  points.change(1, *packet(22, 200, 2), From::kFrame, {.spatial = 2});
  struct Case {
    int64_t sequence;
    uint32_t timestamp;
    uint8_t spatial, point;
  };
  constexpr Case kCases[] = {{5, 50, 0, 0},   {10, 100, 0, 1}, {11, 100, 1, 1}, {13, 100, 1, 1},
                             {20, 200, 0, 1}, {21, 200, 2, 2}, {23, 200, 2, 2}, {30, 300, 0, 2}};
  for (const Case& each : kCases)
    CHECK(points.at(1, *packet(each.sequence, each.timestamp, each.spatial))->spatial == each.point);
}

TEST_CASE("the oldest changes are forgotten") {
  OperatingPoints points;
  for (int64_t i = 0; i <= static_cast<int64_t>(OperatingPoints::kRemembered); ++i)
    points.change(1, *packet(i * 10, static_cast<uint32_t>(i)), From::kPicture, {});
  CHECK(points.at(1, *packet(5, 1000)) == nullptr);
  CHECK(points.at(1, *packet(10, 1)) != nullptr);
}

TEST_CASE("in K-SVC the layers below are needed in key pictures alone") {
  const OperatingPoint point{.spatial = 1, .temporal = 0};
  test::Frames frames;
  CHECK(is_part_of(frames.vp9(0, 0, "")->frame, point));
  CHECK(is_part_of(frames.vp9(0, 0, "Z")->frame, point));
  CHECK(is_part_of(frames.vp9(0, 0, "P")->frame, point));
  CHECK_FALSE(is_part_of(frames.vp9(0, 0, "PZ")->frame, point));
  CHECK(is_part_of(frames.vp9(1, 0, "PZ")->frame, point));
  CHECK_FALSE(is_part_of(frames.vp9(2, 0, "D")->frame, point));
  CHECK_FALSE(is_part_of(frames.vp9(1, 1, "P")->frame, point));
}

}  // namespace
}  // namespace sfu::rtp
