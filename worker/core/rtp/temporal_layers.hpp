// When a receiver may get more temporal layers, or fewer: fewer from any picture on; more where a frame says
// so.
#pragma once

#include <cstdint>

#include "core/rtp/frame.hpp"

namespace sfu::rtp {

// The highest temporal layer to be sent from this picture on, `now` being that so far.
//   key frame:   all layers begin anew.
//   layer sync:  the frame itself needs only what lies below its layer (RFC 7741, 4.2: Y; H.265, 7.4.2.2: TSA
//                and STSA), so its layer can be entered from the one below.
//   switch up:   what follows above the frame's layer needs nothing of these from before it (RFC 9628, 4.2:
//   U;
//                H.265: TSA), so all of them can be entered.
inline uint8_t next_temporal_layer(const Frame& frame, uint8_t now, uint8_t wanted) {
  if (wanted <= now || frame.key_frame) return wanted;
  if (frame.layer_sync && frame.temporal_layer == now + 1) ++now;
  if (frame.switch_up && frame.temporal_layer <= now) return wanted;
  return now;
}

}  // namespace sfu::rtp
