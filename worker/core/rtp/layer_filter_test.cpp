#include "core/rtp/layer_filter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/rtp/test_frames.hpp"

namespace sfu::rtp {
namespace {

using Kind = LayerFilter::Lacks;

// A stream of three spatial layers without temporal ones, and what one receiver gets of it.
struct Bench {
  explicit Bench(bool k_svc) : k_svc(k_svc) {}

  // What is sent of a picture: its layers, and M behind the last if that has the marker.
  std::string picture(bool key, uint8_t layers = 3, std::string_view upper = "") {
    frames.next_picture();
    std::string out;
    for (uint8_t spatial = 0; spatial < layers; ++spatial) {
      std::string bits = key ? "" : "P";
      if (spatial > 0 && (key || !k_svc)) bits += "D";
      if (spatial == 2 || (k_svc && !key)) bits += "Z";
      if (spatial + 1 == layers) bits += "M";
      if (spatial + 1 == layers && !upper.empty()) bits = upper;
      out += send(*frames.vp9(spatial, 0, bits));
    }
    return out;
  }
  std::string send(const Packet& packet) {
    if (filter.point().structure == 0 && !started) filter.start(1, packet, nullptr), started = true;
    const Passage passage = filter.pass(packet, nullptr);
    if (!passage.forward) return "";
    return std::to_string(packet.frame.spatial_layer) + (passage.marker ? "M" : "");
  }

  bool k_svc;
  bool started = false;
  test::Frames frames;
  LayerFilter filter;
};

TEST_CASE("full SVC: all layers up to the wanted one are sent, the marker is on its last packet") {
  Bench bench(false);
  bench.filter.want(1, 7);
  CHECK(bench.picture(true) == "01M");
  CHECK(bench.picture(false) == "01M");
}

TEST_CASE("full SVC: down at any picture, up at a key picture") {
  Bench bench(false);
  bench.filter.want(2, 7);
  CHECK(bench.picture(true) == "012M");
  bench.filter.want(0, 7);
  CHECK(bench.filter.lacks(0, 0, nullptr) == Kind::kNothing);
  CHECK(bench.picture(false) == "0M");
  bench.filter.want(2, 7);
  CHECK(bench.filter.lacks(2, 0, nullptr) == Kind::kKeyFrame);
  CHECK(bench.picture(false) == "0M");
  CHECK(bench.picture(true) == "012M");
}

TEST_CASE("K-SVC: of the lower layers key pictures alone are sent; down and up at these") {
  Bench bench(true);
  bench.filter.want(2, 7);
  CHECK(bench.picture(true) == "012M");
  CHECK(bench.picture(false) == "2M");
  bench.filter.want(1, 7);
  CHECK(bench.filter.lacks(1, 0, nullptr) == Kind::kKeyFrame);
  CHECK(bench.picture(false) == "2M");
  CHECK(bench.picture(true) == "01M");
  CHECK(bench.picture(false) == "1M");
  bench.filter.want(2, 7);
  CHECK(bench.picture(false) == "1M");
  CHECK(bench.picture(true) == "012M");
}

TEST_CASE("K-SVC: where a key picture ends below the wanted layer, the highest that it has is sent") {
  Bench bench(true);
  bench.filter.want(2, 7);
  CHECK(bench.picture(true) == "012M");
  CHECK(bench.picture(true, 2) == "01M");
  CHECK(bench.picture(false, 2) == "1M");
}

TEST_CASE("a layer that was not sent for a while is entered where it rests on no earlier picture") {
  Bench bench(false);
  bench.filter.want(2, 7);
  CHECK(bench.picture(true, 2) == "01M");
  CHECK(bench.picture(false, 2) == "01M");
  CHECK(bench.picture(false, 3, "DZM") == "012M");
  CHECK(bench.picture(false) == "012M");
}

TEST_CASE("layers that rest on none below are entered, and left, at their own key frames") {
  Bench bench(true);
  test::Frames& frames = bench.frames;
  const auto independent = [&](std::string_view lower, std::string_view upper) {
    frames.next_picture();
    std::string sent = bench.send(*frames.vp9(0, 0, lower));
    return sent += bench.send(*frames.vp9(1, 0, upper));
  };
  bench.filter.want(1, 7);
  CHECK(independent("Z", "ZM") == "01M");
  CHECK(independent("ZP", "ZPM") == "1M");
  bench.filter.want(0, 7);
  CHECK(independent("ZP", "ZPM") == "1M");
  CHECK(independent("ZP", "ZM") == "1M");
  CHECK(independent("Z", "ZM") == "0M");
}

TEST_CASE("without spatial layers wanted all are sent, as they are") {
  Bench bench(false);
  bench.filter.want(OperatingPoint::kAll, 7);
  CHECK(bench.picture(true) == "012M");
  CHECK(bench.picture(false) == "012M");
}

TEST_CASE("a packet that comes late, or is sent again, is judged as its picture was") {
  Bench bench(false);
  bench.filter.want(2, 7);
  CHECK(bench.picture(true) == "012M");
  bench.frames.next_picture();
  const auto lower = bench.frames.vp9(0, 0, "P"), middle = bench.frames.vp9(1, 0, "PD"),
             upper = bench.frames.vp9(2, 0, "PDZM");
  CHECK(bench.send(*lower) == "0");
  bench.filter.want(1, 7);
  CHECK(bench.picture(false) == "01M");
  CHECK(bench.send(*upper) == "2M");
  CHECK(bench.send(*middle) == "1");
  CHECK(bench.filter.again(1, *upper)->forward);
  CHECK_FALSE(bench.filter.again(2, *upper));
}

TEST_CASE("what was asked for meanwhile does not change a picture under way") {
  Bench bench(false);
  bench.filter.want(1, 7);
  CHECK(bench.picture(true) == "01M");
  bench.frames.next_picture();
  CHECK(bench.send(*bench.frames.vp9(0, 0, "P")) == "0");
  bench.filter.want(0, 7);
  CHECK(bench.send(*bench.frames.vp9(1, 0, "PD")) == "1M");
  CHECK(bench.picture(false) == "0M");
}

TEST_CASE("the whole picture changes, also what of it comes behind its first packet to come") {
  Bench bench(false);
  bench.filter.want(1, 7);
  CHECK(bench.picture(true) == "01M");
  bench.filter.want(0, 7);
  bench.frames.next_picture();
  const auto lower = bench.frames.vp9(0, 0, "P"), upper = bench.frames.vp9(1, 0, "PD");
  CHECK(bench.send(*upper) == "");
  CHECK(bench.send(*lower) == "0M");
}

TEST_CASE("temporal layers go down at any picture, and up at a switching point") {
  test::Frames frames;
  LayerFilter filter;
  filter.want(OperatingPoint::kAll, 1);
  const auto key = frames.vp9(0, 0, "M");
  filter.start(1, *key, nullptr);
  CHECK(filter.pass(*key, nullptr).forward);
  const auto passes = [&](uint8_t temporal, std::string_view bits) {
    frames.next_picture();
    return filter.pass(*frames.vp9(0, temporal, bits), nullptr).forward;
  };
  CHECK_FALSE(passes(2, "PZM"));
  CHECK(passes(1, "PZM"));
  filter.want(OperatingPoint::kAll, 0);
  CHECK_FALSE(passes(1, "PZM"));
  filter.want(OperatingPoint::kAll, 2);
  CHECK(filter.lacks(OperatingPoint::kAll, 2, nullptr) == Kind::kSwitchPoint);
  CHECK_FALSE(passes(1, "PZM"));
  CHECK(passes(0, "PZM"));
  CHECK_FALSE(passes(2, "PZM"));
  CHECK(passes(0, "PZUM"));
  CHECK(passes(2, "PZM"));
  CHECK(filter.lacks(OperatingPoint::kAll, 2, nullptr) == Kind::kNothing);
}

}  // namespace
}  // namespace sfu::rtp
