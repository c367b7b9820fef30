// H.264 payloads (RFC 6184, 5.2 to 5.8): a NAL unit, several in a STAP-A, or a fragment of one in an FU-A.
//
//           0 1 2 3 4 5 6 7
//          |F|NRI|  Type   |   1–23 a NAL unit, 24 STAP-A, 28 FU-A
//   FU-A:  |S|E|R|  Type   |
//   STAP-A: for each NAL unit 16 bits of size, and the unit
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

// A key frame shows itself by an IDR slice or a sequence parameter set. A frame may begin more than once, as
// parameter sets may travel in packets of their own; its end is the packet's marker. The modes that WebRTC
// does not use (STAP-B, MTAP, FU-B) are refused.
std::optional<Frame> describe_h264(Bytes payload, bool marker);

}  // namespace sfu::rtp
