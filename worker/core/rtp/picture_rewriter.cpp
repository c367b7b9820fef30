#include "core/rtp/picture_rewriter.hpp"

#include "core/base/sequence.hpp"

namespace sfu::rtp {

void PictureRewriter::switch_to(uint32_t stream, const Frame& first) {
  const uint8_t next_tl0 = forwarded_ ? static_cast<uint8_t>(newest_tl0_ + 1) : first.tl0_picture_index;
  tl0_offset_ = static_cast<uint8_t>(next_tl0 - first.tl0_picture_index);
  ids_.start(stream, unwrap(first, ids_.newest_source(stream)), tl0_offset_);
  stream_ = stream;
}

std::optional<Picture> PictureRewriter::forward(const Frame& frame) {
  if (frame.picture_id_at == 0) return Picture{frame.picture_id, frame.tl0_picture_index};
  const auto id = ids_.forward(unwrap(frame, ids_.newest_source(stream_)));
  if (!id) return std::nullopt;
  const Picture picture = outgoing(*id, frame, tl0_offset_);
  if (!forwarded_ || is_newer(picture.tl0, newest_tl0_)) newest_tl0_ = picture.tl0;
  forwarded_ = true;
  return picture;
}

bool PictureRewriter::skip(const Frame& frame) {
  return frame.picture_id_at == 0 || ids_.skip(unwrap(frame, ids_.newest_source(stream_)));
}

std::optional<Picture> PictureRewriter::find(uint32_t stream, const Frame& frame) const {
  if (frame.picture_id_at == 0) return Picture{frame.picture_id, frame.tl0_picture_index};
  const auto id = ids_.find(stream, unwrap(frame, ids_.newest_source(stream)));
  if (!id) return std::nullopt;
  const auto source = ids_.source_of(*id);
  if (!source) return std::nullopt;
  return outgoing(*id, frame, source->offset);
}

// The number nearest to the newest one: ids have 7 or 15 bits.
int64_t PictureRewriter::unwrap(const Frame& frame, std::optional<int64_t> newest) {
  if (!newest) return frame.picture_id;
  const int64_t range = frame.picture_id_long ? 1 << 15 : 1 << 7;
  const int64_t ahead = (frame.picture_id - *newest) & (range - 1);
  return *newest + (ahead < range / 2 ? ahead : ahead - range);
}

Picture PictureRewriter::outgoing(int64_t id, const Frame& frame, uint32_t tl0_offset) {
  return {static_cast<uint16_t>(id & 0x7fff), static_cast<uint8_t>(frame.tl0_picture_index + tl0_offset)};
}

}  // namespace sfu::rtp
