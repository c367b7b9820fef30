// What a packet of simulated video says of its frame, in the last bytes of its payload: whatever the payload
// format, and whatever numbers are rewritten on the way, a receiver knows which frame it has a part of.
//
//   |                   stream: the SSRC at its sender              |
//   |                   number: of the frame in its stream          |
//   |                   refers_to: the frame it depends on          |
//   |          packet: its place    |      packets: of the frame    |
#pragma once

#include <optional>

#include "core/base/bytes.hpp"

namespace sfu::sim {

struct PictureMark {
  static constexpr size_t kSize = 16;

  uint32_t stream = 0;
  uint32_t number = 0;
  uint32_t refers_to = 0;  // itself: a key frame
  uint16_t packet = 0;
  uint16_t packets = 0;

  bool is_key() const { return refers_to == number; }

  void write(MutableBytes payload) const {
    ByteWriter out(payload.last(kSize));
    out.u32(stream);
    out.u32(number);
    out.u32(refers_to);
    out.u16(packet);
    out.u16(packets);
  }
  static std::optional<PictureMark> read(Bytes payload) {
    if (payload.size() < kSize) return std::nullopt;
    Bytes rest = payload.last(kSize);
    const auto in = *take<kSize>(rest);
    return PictureMark{in.u32<0>(), in.u32<4>(), in.u32<8>(), in.u16<12>(), in.u16<14>()};
  }
};

}  // namespace sfu::sim
