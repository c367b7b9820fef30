// VP8 payload descriptor (RFC 7741, 4.2), and behind it the first byte of a VP8 frame (RFC 6386, 9.1):
//
//        0 1 2 3 4 5 6 7
//       |X|R|N|S|R| PID |
//   X:  |I|L|T|K| RSV   |
//   I:  |M| PictureID   |
//   M:  |   PictureID   |
//   L:  |   TL0PICIDX   |
//   T/K:|TID|Y| KEYIDX  |
//       |Size0|H| VER |P|   where S is 1 and PID 0; P 0: key frame
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

// A frame's end is not in the descriptor: it is the packet's marker.
std::optional<Frame> describe_vp8(Bytes payload, bool marker);

}  // namespace sfu::rtp
