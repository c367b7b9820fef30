#include "core/rtp/temporal_layers.hpp"

#include <doctest/doctest.h>

namespace sfu::rtp {
namespace {

Frame frame(uint8_t temporal, bool sync = false, bool switch_up = false) {
  Frame out;
  out.temporal_layer = temporal;
  out.layer_sync = sync;
  out.switch_up = switch_up;
  return out;
}

TEST_CASE("fewer temporal layers are sent from any picture on") {
  for (uint8_t temporal = 0; temporal < 3; ++temporal) CHECK(next_temporal_layer(frame(temporal), 2, 0) == 0);
}

TEST_CASE("at a key frame all temporal layers begin") {
  Frame key;
  key.key_frame = true;
  CHECK(next_temporal_layer(key, 0, 2) == 2);
}

TEST_CASE("a layer is entered at a frame that needs nothing of it, from the layer below") {
  struct Case {
    Frame frame;
    uint8_t now, then;
  };
  const Case cases[] = {
      {frame(0), 0, 0},       {frame(1), 0, 0},       {frame(1, true), 0, 1},
      {frame(2, true), 0, 0}, {frame(2, true), 1, 2}, {frame(2), 1, 1},
  };
  for (const Case& each : cases) CHECK(next_temporal_layer(each.frame, each.now, 2) == each.then);
}

TEST_CASE("behind a switching-up point all layers above it can be entered") {
  CHECK(next_temporal_layer(frame(0, false, true), 0, 2) == 2);
  CHECK(next_temporal_layer(frame(1, false, true), 0, 2) == 0);  // it is not sent itself
  CHECK(next_temporal_layer(frame(1, false, true), 1, 2) == 2);
  CHECK(next_temporal_layer(frame(1, true, true), 0, 2) == 2);  // H265's TSA is both
}

}  // namespace
}  // namespace sfu::rtp
