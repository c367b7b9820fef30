#include "core/rtp/h264.hpp"

namespace sfu::rtp {

namespace {

constexpr uint8_t kSlice = 1, kIdr = 5, kSei = 6, kSps = 7, kPps = 8, kDelimiter = 9;
constexpr uint8_t kLastUnit = 23, kStapA = 24, kFuA = 28;

bool is_key(uint8_t type) { return type == kIdr || type == kSps; }

// What may come first in an access unit (H.264, 7.4.1.2.3), or a slice whose first_mb_in_slice is 0: its
// Exp-Golomb code is the single bit 1.
bool begins(uint8_t type, Bytes behind_header) {
  if (type == kSei || type == kSps || type == kPps || type == kDelimiter) return true;
  return (type == kSlice || type == kIdr) && !behind_header.empty() && (behind_header[0] & 0x80);
}

Frame describe_unit(uint8_t header, Bytes behind_header) {
  const uint8_t type = header & 0x1f;
  Frame frame;
  frame.key_frame = is_key(type);
  frame.parameters = type == kSps;
  frame.begins = begins(type, behind_header);
  frame.discardable = (header & 0x60) == 0 && type == kSlice;
  return frame;
}

std::optional<Frame> describe_aggregate(Bytes rest) {
  Frame all;
  all.discardable = true;
  while (!rest.empty()) {
    const auto size = take<2>(rest);
    const auto unit = size ? take(rest, size->u16<0>()) : std::nullopt;
    if (!unit || unit->empty()) return std::nullopt;
    const Frame one = describe_unit(unit->front(), unit->subspan(1));
    all.key_frame |= one.key_frame;
    all.parameters |= one.parameters;
    all.begins |= one.begins;
    all.discardable &= one.discardable;
  }
  return all;
}

std::optional<Frame> describe_fragment(uint8_t indicator, Bytes rest) {
  const auto head = take<1>(rest);
  if (!head) return std::nullopt;
  const uint8_t type = head->u8<0>() & 0x1f;
  const bool starts = (head->u8<0>() & 0x80) != 0;
  Frame frame = describe_unit(static_cast<uint8_t>((indicator & 0xe0) | type), rest);
  frame.begins &= starts;
  frame.key_frame &= starts;
  return frame;
}

std::optional<Frame> describe_any(Bytes payload) {
  Bytes rest = payload;
  const auto head = take<1>(rest);
  if (!head || rest.empty()) return std::nullopt;
  const uint8_t type = head->u8<0>() & 0x1f;
  if (type == kStapA) return describe_aggregate(rest);
  if (type == kFuA) return describe_fragment(head->u8<0>(), rest);
  if (type == 0 || type > kLastUnit) return std::nullopt;
  return describe_unit(head->u8<0>(), rest);
}

}  // namespace

std::optional<Frame> describe_h264(Bytes payload, bool marker) {
  auto frame = describe_any(payload);
  if (frame) frame->ends = marker;
  return frame;
}

}  // namespace sfu::rtp
