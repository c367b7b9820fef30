#include "core/rtp/codec.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/rtp/av1.hpp"
#include "core/rtp/h264.hpp"
#include "core/rtp/h265.hpp"
#include "core/rtp/opus.hpp"
#include "core/rtp/vp8.hpp"
#include "core/rtp/vp9.hpp"

namespace sfu::rtp {

namespace {

constexpr std::pair<std::string_view, Codec> kMimeTypes[] = {
    {"audio/opus", Codec::kOpus}, {"video/vp8", Codec::kVp8},   {"video/vp9", Codec::kVp9},
    {"video/h264", Codec::kH264}, {"video/h265", Codec::kH265}, {"video/av1", Codec::kAv1},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

Codec codec_of(std::string_view mime_type) {
  for (const auto& [name, codec] : kMimeTypes)
    if (std::ranges::equal(name, mime_type, {}, {}, lower)) return codec;
  return Codec::kOther;
}

std::optional<Frame> describe(Codec codec, Bytes payload, bool marker) {
  switch (codec) {
    case Codec::kOpus:
      return describe_opus(payload);
    case Codec::kVp8:
      return describe_vp8(payload, marker);
    case Codec::kVp9:
      return describe_vp9(payload);
    case Codec::kH264:
      return describe_h264(payload, marker);
    case Codec::kH265:
      return describe_h265(payload, marker);
    case Codec::kAv1:
      return describe_av1(payload, marker);
    case Codec::kOther:
      break;
  }
  Frame frame;
  frame.begins = true;
  frame.ends = marker;
  return frame;
}

}  // namespace sfu::rtp
