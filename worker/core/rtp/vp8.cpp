#include "core/rtp/vp8.hpp"

#include "core/rtp/picture.hpp"

namespace sfu::rtp {

namespace {

constexpr uint8_t kExtended = 0x80, kNonReference = 0x20, kStart = 0x10, kPartition = 0x07;
constexpr uint8_t kPictureId = 0x80, kTl0 = 0x40, kTid = 0x20, kKeyIndex = 0x10;

bool read_layers(Bytes payload, Bytes& rest, uint8_t present, Frame& frame) {
  if ((present & kPictureId) && !read_picture_id(payload, rest, frame)) return false;
  if ((present & kTl0) && !read_tl0(payload, rest, frame)) return false;
  if (!(present & (kTid | kKeyIndex))) return true;
  const auto bits = take<1>(rest);
  if (!bits) return false;
  if (present & kTid) {
    frame.temporal_layer = bits->u8<0>() >> 6;
    frame.layer_sync = (bits->u8<0>() & 0x20) != 0;
  }
  return true;
}

}  // namespace

std::optional<Frame> describe_vp8(Bytes payload, bool marker) {
  Bytes rest = payload;
  const auto head = take<1>(rest);
  if (!head) return std::nullopt;
  Frame frame;
  frame.discardable = (head->u8<0>() & kNonReference) != 0;
  frame.begins = (head->u8<0>() & kStart) && (head->u8<0>() & kPartition) == 0;
  frame.ends = marker;
  if (head->u8<0>() & kExtended) {
    const auto present = take<1>(rest);
    if (!present || !read_layers(payload, rest, present->u8<0>(), frame)) return std::nullopt;
  }
  if (rest.empty()) return std::nullopt;
  frame.key_frame = frame.begins && (rest[0] & 1) == 0;
  return frame;
}

}  // namespace sfu::rtp
