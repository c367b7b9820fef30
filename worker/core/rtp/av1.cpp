#include "core/rtp/av1.hpp"

namespace sfu::rtp {

namespace {

constexpr uint8_t kContinuation = 0x80, kNewSequence = 0x08;
constexpr uint8_t kSequenceHeader = 1, kTileGroup = 4;

// AV1, 4.10.5. An OBU element larger than 2^28 bytes cannot be in a packet: four bytes are enough.
std::optional<size_t> take_leb128(Bytes& in) {
  size_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const auto byte = take<1>(in);
    if (!byte) return std::nullopt;
    value |= static_cast<size_t>(byte->u8<0>() & 0x7f) << (7 * i);
    if (!(byte->u8<0>() & 0x80)) return value;
  }
  return std::nullopt;
}

// `count` is W: 0 when each element has its size.
std::optional<Bytes> take_element(Bytes& rest, unsigned count, unsigned index) {
  if (count != 0 && index + 1 == count) return take(rest, rest.size());
  const auto size = take_leb128(rest);
  return size ? take(rest, *size) : std::nullopt;
}

bool read_obu(Bytes obu, Frame& frame) {
  const auto head = take<1>(obu);
  if (!head) return true;  // an empty element is legal
  if (head->u8<0>() & 0x80) return false;
  frame.key_frame |= ((head->u8<0>() >> 3) & 0x0f) == kSequenceHeader;
  if (!(head->u8<0>() & 0x04)) return true;
  const auto layers = take<1>(obu);
  if (!layers) return true;  // a fragment may be this short
  frame.temporal_layer = layers->u8<0>() >> 5;
  frame.spatial_layer = (layers->u8<0>() >> 3) & 3;
  return true;
}

uint8_t first_type(Bytes element) { return element.empty() ? 0 : (element[0] >> 3) & 0x0f; }

}  // namespace

std::optional<Frame> describe_av1(Bytes payload, bool marker) {
  Bytes rest = payload;
  const auto head = take<1>(rest);
  if (!head || rest.empty()) return std::nullopt;
  const bool continues = (head->u8<0>() & kContinuation) != 0;
  const unsigned count = (head->u8<0>() >> 4) & 3;
  Frame frame;
  frame.ends = marker;
  frame.key_frame = (head->u8<0>() & kNewSequence) != 0;
  frame.continues = continues;
  if (frame.key_frame && continues) return std::nullopt;
  for (unsigned i = 0; count == 0 ? !rest.empty() : i < count; ++i) {
    const auto element = take_element(rest, count, i);
    if (!element) return std::nullopt;
    if (i == 0 && continues) continue;  // the middle of an OBU has no header
    if (i == 0) frame.begins = first_type(*element) != kTileGroup;
    if (!read_obu(*element, frame)) return std::nullopt;
    frame.continues = false;
  }
  frame.inter_picture = !frame.key_frame;
  return frame;
}

}  // namespace sfu::rtp
