#include "core/rtp/vp9.hpp"

#include "core/rtp/picture.hpp"

namespace sfu::rtp {

namespace {

constexpr uint8_t kPictureId = 0x80, kInterPicture = 0x40, kLayers = 0x20, kFlexible = 0x10;
constexpr uint8_t kBegin = 0x08, kEnd = 0x04, kStructure = 0x02, kUnusedAbove = 0x01;
constexpr int kMaxReferences = 3;

bool read_layers(Bytes payload, Bytes& rest, bool flexible, Frame& frame) {
  const auto bits = take<1>(rest);
  if (!bits) return false;
  frame.temporal_layer = bits->u8<0>() >> 5;
  frame.switch_up = (bits->u8<0>() & 0x10) != 0;
  frame.spatial_layer = (bits->u8<0>() >> 1) & 7;
  frame.inter_layer = (bits->u8<0>() & 1) != 0;
  return flexible || read_tl0(payload, rest, frame);
}

bool skip_references(Bytes& rest) {
  for (int i = 0; i < kMaxReferences; ++i) {
    const auto difference = take<1>(rest);
    if (!difference) return false;
    if (!(difference->u8<0>() & 1)) return true;
  }
  return false;
}

bool skip_picture_group(Bytes& rest) {
  const auto count = take<1>(rest);
  if (!count) return false;
  for (int i = 0; i < count->u8<0>(); ++i) {
    const auto bits = take<1>(rest);
    if (!bits || !take(rest, (bits->u8<0>() >> 2) & 3)) return false;
  }
  return true;
}

bool skip_structure(Bytes& rest) {
  const auto head = take<1>(rest);
  if (!head) return false;
  const size_t layers = (head->u8<0>() >> 5) + 1u;
  if ((head->u8<0>() & 0x10) && !take(rest, layers * 4)) return false;
  return !(head->u8<0>() & 0x08) || skip_picture_group(rest);
}

}  // namespace

std::optional<Frame> describe_vp9(Bytes payload) {
  Bytes rest = payload;
  const auto head = take<1>(rest);
  if (!head) return std::nullopt;
  const uint8_t bits = head->u8<0>();
  const bool flexible = (bits & kFlexible) != 0;
  Frame frame;
  frame.inter_picture = (bits & kInterPicture) != 0;
  frame.begins = (bits & kBegin) != 0;
  frame.ends = (bits & kEnd) != 0;
  frame.unused_above = (bits & kUnusedAbove) != 0;
  if ((bits & kPictureId) && !read_picture_id(payload, rest, frame)) return std::nullopt;
  if ((bits & kLayers) && !read_layers(payload, rest, flexible, frame)) return std::nullopt;
  if (flexible && frame.inter_picture && !skip_references(rest)) return std::nullopt;
  if ((bits & kStructure) && !skip_structure(rest)) return std::nullopt;
  if (rest.empty()) return std::nullopt;
  frame.key_frame = !frame.inter_picture && !frame.inter_layer;
  return frame;
}

}  // namespace sfu::rtp
