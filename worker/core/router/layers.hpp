// The layers of a video: of several streams (simulcast) each is a spatial layer.
#pragma once

#include <compare>
#include <cstdint>

#include "core/base/bitrate.hpp"

namespace sfu {

struct Layers {
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  friend auto operator<=>(const Layers&, const Layers&) = default;  // the spatial one counts first
};

// What a consumer can be sent: these layers and all that they rest on, and what that costs.
struct LayerOption {
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  Bitrate rate;
  bool whole = false;  // its spatial layer has no higher temporal one
};

}  // namespace sfu
