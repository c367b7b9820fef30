// Choosing among layers that payload descriptors mark frame by frame: VP9 (RFC 9628, 4.2), whose bits say
// what a frame rests on; the temporal layers of VP8 and H265; AV1 as far as its OBU headers go.
//
// A receiver can decode a spatial layer if it got all of that layer's frames since one that rests on no
// earlier picture (P = 0). In full SVC lower layers are part of what it gets, and it may go down at any
// picture. In K-SVC they are not, but in key pictures, so it goes down, as it goes up, at a key picture.
#pragma once

#include "core/rtp/operating_points.hpp"

namespace sfu::rtp {

class PictureLayers {
 public:
  // A stream begins, at a key frame.
  void start() { incomplete_ = 0xff; }

  // The point from this frame on.
  OperatingPoint next(const Frame& frame, OperatingPoint now, const OperatingPoint& wanted,
                      const Place& place) const;
  // What became of the frame; of one that came late.
  void note(const Frame& frame, const OperatingPoint& point);
  void note_late(const Frame& frame, bool forwarded);
  // Whether the receiver lacks what the layer rests on.
  bool incomplete(uint8_t spatial) const { return spatial < 8 && (incomplete_ >> spatial & 1); }

 private:
  uint8_t incomplete_ = 0xff;  // one bit a spatial layer
};

}  // namespace sfu::rtp
