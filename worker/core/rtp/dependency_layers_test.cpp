#include "core/rtp/dependency_layers.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_descriptor.hpp"

namespace sfu::rtp {
namespace {

using namespace test;

// Of L2T1 (or L2T1_KEY), whose templates are: 0 key lower, 1 delta lower, 2 key upper, 3 delta upper.
struct Bench {
  explicit Bench(bool k_svc) : k_svc(k_svc) {}

  // What is sent of a picture: the spatial layers.
  std::string picture(bool key) {
    std::string sent = lower(key);
    return sent += upper(key);
  }
  std::string lower(bool key) {
    if (key) return send(key_frame(k_svc, false, ++number), true, true);
    return send(mandatory(1, ++number), true, false);
  }
  std::string upper(bool key) { return send(mandatory(key ? 2 : 3, ++number), false, key); }
  std::string send(const BitWriter& descriptor, bool begins, bool key_picture) {
    const Frame frame = *reader.read(descriptor.bytes(), ++sequence);
    const OperatingPoint wanted{.spatial = want, .temporal = 0};
    if (sequence == 1) layers.start(frame);
    point = layers.next(frame, point, wanted, {begins, key_picture, false}, *reader.current());
    layers.note(frame, point);
    return is_part_of(frame, point) ? std::to_string(frame.spatial_layer) : "";
  }

  bool k_svc;
  uint8_t want = 1;
  uint32_t number = 0;
  int64_t sequence = 0;
  DependencyReader reader;
  DependencyLayers layers;
  OperatingPoint point{.spatial = 0, .temporal = 0};
};

TEST_CASE("full SVC: down at any picture, as all that the lower target needs was sent; up at a key picture") {
  Bench bench(false);
  CHECK(bench.picture(true) == "01");
  CHECK(bench.picture(false) == "01");
  bench.want = 0;
  CHECK(bench.layers.whole(0));
  CHECK(bench.picture(false) == "0");
  bench.want = 1;
  CHECK_FALSE(bench.layers.whole(1));
  CHECK(bench.picture(false) == "0");
  CHECK(bench.picture(true) == "01");
}

TEST_CASE("K-SVC: the lower target's frames are left out, and it is entered at a key picture") {
  Bench bench(true);
  CHECK(bench.picture(true) == "01");
  CHECK(bench.picture(false) == "1");
  bench.want = 0;
  CHECK_FALSE(bench.layers.whole(0));
  CHECK(bench.picture(false) == "1");
  CHECK(bench.picture(true) == "0");
  CHECK(bench.picture(false) == "0");
}

TEST_CASE("behind frames that are missing, only a target without frames of its own is known to be whole") {
  for (const bool k_svc : {false, true}) {
    Bench bench(k_svc);
    bench.picture(true);
    bench.number += 2;  // a picture that is late
    bench.want = 0;
    CHECK(bench.picture(false) == (k_svc ? "1" : "0"));
  }
}

TEST_CASE("a target that is not active is not aimed at") {
  Bench bench(false);
  bench.picture(true);
  ++bench.number;
  BitWriter lower_only = mandatory(1, bench.number);
  lower_only.bits(5, 0b01000).bits(2, 0b01);
  CHECK(bench.send(lower_only, true, false) == "0");
  CHECK(bench.point.spatial == 0);
}

TEST_CASE("another structure whose key frame did not come leaves the layers as they were") {
  Bench bench(false);
  bench.picture(true);
  ++bench.number;
  bench.reader.read(key_frame(false, false, bench.number).bytes(),
                    ++bench.sequence);  // seen by the reader alone
  CHECK(bench.upper(false) == "1");
  CHECK(bench.picture(false) == "01");
}

TEST_CASE("of the targets within the layers the highest is chosen; if there is none, the lowest") {
  DependencyReader reader;
  reader.read(key_frame().bytes(), 1);
  const ActiveStructure& structure = *reader.current();
  CHECK(target_within(structure, 0, 7) == 0);
  CHECK(target_within(structure, 1, 0) == 1);
  CHECK(target_within(structure, 255, 255) == 1);
}

}  // namespace
}  // namespace sfu::rtp
