// The one door to all payload formats.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

// As in "video/VP8", in any case; kOther for a codec whose payload we do not read.
Codec codec_of(std::string_view mime_type);

// nullopt: the payload is not this codec's. Of kOther each packet is a frame's beginning, and its marker the
// end.
std::optional<Frame> describe(Codec codec, Bytes payload, bool marker);

}  // namespace sfu::rtp
