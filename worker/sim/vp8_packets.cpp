#include "sim/vp8_packets.hpp"

#include <algorithm>
#include <array>

namespace sfu::sim {
namespace {

constexpr size_t kMaxHead = 7;

// X, N, S; I, L, T; the picture id in two bytes; TL0PICIDX, TID and Y where there are temporal layers; P.
void write_head(ByteWriter& out, const SizedFrame& frame, bool layered, uint16_t picture_id, bool first) {
  out.u8(static_cast<uint8_t>(0x80 | (frame.discardable ? 0x20 : 0) | (first ? 0x10 : 0)));
  out.u8(layered ? 0xe0 : 0x80);
  out.u16(static_cast<uint16_t>(0x8000 | picture_id));
  if (layered) {
    out.u8(frame.tl0_index);
    out.u8(static_cast<uint8_t>(frame.temporal_layer << 6 | (frame.layer_sync ? 0x20 : 0)));
  }
  out.u8(frame.key ? 0 : 1);
}

}  // namespace

std::vector<std::vector<uint8_t>> vp8_packets(const SizedFrame& frame, uint8_t temporal_layers, uint32_t ssrc,
                                              uint16_t picture_id, size_t max_payload) {
  const size_t size = std::max(frame.bytes, kMaxHead + PictureMark::kSize);
  const size_t count = (size + max_payload - 1) / max_payload;
  std::vector<std::vector<uint8_t>> out(count);
  for (size_t i = 0; i < count; ++i) {
    const bool longer = i >= count - size % count;
    out[i].resize(std::max(size / count + (longer ? 1 : 0), kMaxHead + PictureMark::kSize));
    ByteWriter writer(out[i]);
    write_head(writer, frame, temporal_layers > 1, picture_id, i == 0);
    PictureMark{ssrc, frame.number, frame.refers_to, static_cast<uint16_t>(i), static_cast<uint16_t>(count)}
        .write(out[i]);
  }
  return out;
}

}  // namespace sfu::sim
