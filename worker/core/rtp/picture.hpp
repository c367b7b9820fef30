// The picture id and TL0PICIDX of VP8 (RFC 7741, 4.2) and VP9 (RFC 9628, 4.2), which look alike:
//
//   |M| PictureID   |   7 bits, or with M 15
//   |   PictureID   |
//   |   TL0PICIDX   |
#pragma once

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

struct Picture {
  uint16_t id = 0;
  uint8_t tl0 = 0;
  friend bool operator==(const Picture&, const Picture&) = default;
};

// Take the number from the front of `rest`, the end of `payload`, and note where it lies. False: cut off.
inline bool read_picture_id(Bytes payload, Bytes& rest, Frame& frame) {
  if (rest.empty()) return false;
  frame.picture_id_at = static_cast<uint8_t>(payload.size() - rest.size());
  frame.picture_id_long = (rest[0] & 0x80) != 0;
  const auto field = take(rest, frame.picture_id_long ? 2 : 1);
  if (!field) return false;
  frame.picture_id = frame.picture_id_long ? load16(field->data()) & 0x7fff : field->front();
  return true;
}

inline bool read_tl0(Bytes payload, Bytes& rest, Frame& frame) {
  const auto field = take<1>(rest);
  if (!field) return false;
  frame.tl0_picture_index_at = static_cast<uint8_t>(payload.size() - rest.size() - 1);
  frame.tl0_picture_index = field->u8<0>();
  return true;
}

// Writes other numbers into a copy of the payload that `frame` describes; a short id keeps its low bits.
inline void rewrite_picture(MutableBytes payload, const Frame& frame, Picture picture) {
  if (frame.picture_id_at != 0) {
    uint8_t* id = payload.data() + frame.picture_id_at;
    if (frame.picture_id_long)
      store16(id, static_cast<uint16_t>(0x8000 | picture.id));
    else
      *id = picture.id & 0x7f;
  }
  if (frame.tl0_picture_index_at != 0) payload[frame.tl0_picture_index_at] = picture.tl0;
}

}  // namespace sfu::rtp
