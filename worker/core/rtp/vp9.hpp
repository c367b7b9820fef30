// VP9 payload descriptor (RFC 9628, 4.2):
//
//        0 1 2 3 4 5 6 7
//       |I|P|L|F|B|E|V|Z|
//   I:  |M| PICTURE ID  |
//   M:  | EXTENDED PID  |
//   L:  | TID |U| SID |D|
//       |   TL0PICIDX   |   without F
//   P,F:| P_DIFF      |N|   one to three, while N
//   V:  | N_S |Y|G|-|-|-|   scalability structure, of which only the length matters here
//   Y:  | WIDTH, HEIGHT |   4 bytes for each of N_S + 1 layers
//   G:  |      N_G      |
//       | TID |U| R |-|-|   N_G times, each with R times P_DIFF
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

std::optional<Frame> describe_vp9(Bytes payload);

}  // namespace sfu::rtp
