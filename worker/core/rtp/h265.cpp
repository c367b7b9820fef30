#include "core/rtp/h265.hpp"

namespace sfu::rtp {

namespace {

// H.265, table 7-1
constexpr uint8_t kTsaN = 2, kTsaR = 3, kStsaR = 5, kLastTrailing = 9, kFirstIrap = 16, kLastIrap = 23;
constexpr uint8_t kVps = 32, kSps = 33, kDelimiter = 35, kPrefixSei = 39;
constexpr uint8_t kAggregation = 48, kFragmentation = 49, kPaci = 50;

bool is_key(uint8_t type) {
  return (type >= kFirstIrap && type <= kLastIrap) || type == kVps || type == kSps;
}

// What may come first in an access unit (H.265, 7.4.2.4.4), or a slice with first_slice_segment_in_pic_flag.
bool begins(uint8_t type, Bytes behind_header) {
  if ((type >= kVps && type <= kDelimiter) || type == kPrefixSei) return true;
  const bool slice = type <= kLastTrailing || (type >= kFirstIrap && type <= kLastIrap);
  return slice && !behind_header.empty() && (behind_header[0] & 0x80);
}

Frame describe_unit(uint8_t type, Bytes behind_header) {
  Frame frame;
  frame.key_frame = is_key(type);
  frame.parameters = type == kVps || type == kSps;
  frame.begins = begins(type, behind_header);
  frame.layer_sync = type >= kTsaN && type <= kStsaR;
  frame.switch_up = type == kTsaN || type == kTsaR;
  return frame;
}

std::optional<Frame> describe_aggregate(Bytes rest) {
  Frame all;
  while (!rest.empty()) {
    const auto size = take<2>(rest);
    auto unit = size ? take(rest, size->u16<0>()) : std::nullopt;
    const auto head = unit ? take<2>(*unit) : std::nullopt;
    if (!head) return std::nullopt;
    const Frame one = describe_unit((head->u8<0>() >> 1) & 0x3f, *unit);
    all.key_frame |= one.key_frame;
    all.begins |= one.begins;
    all.layer_sync |= one.layer_sync;
    all.switch_up |= one.switch_up;
    all.parameters |= one.parameters;
  }
  return all;
}

std::optional<Frame> describe_fragment(Bytes rest) {
  const auto head = take<1>(rest);
  if (!head) return std::nullopt;
  const bool starts = (head->u8<0>() & 0x80) != 0;
  Frame frame = describe_unit(head->u8<0>() & 0x3f, rest);
  frame.begins &= starts;
  frame.key_frame &= starts;
  return frame;
}

std::optional<Frame> describe_any(uint8_t type, Bytes rest) {
  if (type == kAggregation) return describe_aggregate(rest);
  if (type == kFragmentation) return describe_fragment(rest);
  if (type >= kPaci) return std::nullopt;
  return describe_unit(type, rest);
}

}  // namespace

std::optional<Frame> describe_h265(Bytes payload, bool marker) {
  Bytes rest = payload;
  const auto head = take<2>(rest);
  if (!head || rest.empty()) return std::nullopt;
  const uint8_t temporal_plus_one = head->u8<1>() & 7;
  if (temporal_plus_one == 0) return std::nullopt;
  auto frame = describe_any((head->u8<0>() >> 1) & 0x3f, rest);
  if (!frame) return std::nullopt;
  frame->temporal_layer = static_cast<uint8_t>(temporal_plus_one - 1);
  frame->ends = marker;
  return frame;
}

}  // namespace sfu::rtp
