// Opus payloads (RFC 7587). An encoder with DTX sends frames of at most two bytes while nobody speaks: a TOC
// byte (RFC 6716, 3.1) and next to nothing behind it.
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

inline std::optional<Frame> describe_opus(Bytes payload) {
  if (payload.empty()) return std::nullopt;
  Frame frame;
  frame.begins = frame.ends = true;
  frame.dtx = payload.size() <= 2;
  return frame;
}

}  // namespace sfu::rtp
