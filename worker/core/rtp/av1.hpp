// AV1 payloads (RTP Payload Format For AV1, 4.4) and the header of an OBU (AV1, 5.3.2):
//
//        0 1 2 3 4 5 6 7
//       |Z|Y| W |N|-|-|-|   aggregation header, then OBU elements, each with its leb128 size; not the last
//                           one where W says how many there are
//   OBU:|F| type  |X|S|-|
//   X:  | TID |SID|-|-|-|
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

// What the payload alone says; a dependency descriptor says more. A key frame shows itself by N or a sequence
// header; a frame's end is the packet's marker.
std::optional<Frame> describe_av1(Bytes payload, bool marker);

}  // namespace sfu::rtp
