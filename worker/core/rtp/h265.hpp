// H.265 payloads (RFC 7798, 4.4): a NAL unit, several in an aggregation packet, or a fragment of one.
//
//        0                   1
//        0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//       |F|   Type    |  LayerId  | TID |   Type 48: aggregation packet, 49: fragmentation unit
//   FU: |S|E|  FuType   |
//   AP: for each NAL unit 16 bits of size, and the unit
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

// A key frame shows itself by an IRAP slice or a parameter set. A frame may begin more than once, as
// parameter sets may travel in packets of their own; its end is the packet's marker. PACI is refused.
std::optional<Frame> describe_h265(Bytes payload, bool marker);

}  // namespace sfu::rtp
