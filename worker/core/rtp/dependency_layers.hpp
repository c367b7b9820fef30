// Choosing among layers by dependency descriptors (RTP Payload Format For AV1, appendix A): a receiver gets
// the frames of one decode target. Another target can be entered at a frame that the encoder marks as its
// switching point, if the receiver has all that this frame needs; or at any, if it got all of the target's
// frames since such a point, as with the lower layers of full SVC.
#pragma once

#include "core/rtp/dependency_reader.hpp"
#include "core/rtp/operating_points.hpp"

namespace sfu::rtp {

// The highest of the targets that are being sent within the layers; the lowest, if none is.
uint8_t target_within(const ActiveStructure& of, uint8_t spatial, uint8_t temporal);

class DependencyLayers {
 public:
  // A stream begins, at a key frame.
  void start(const Frame& first);

  OperatingPoint next(const Frame& frame, OperatingPoint now, const OperatingPoint& wanted,
                      const Place& place, const ActiveStructure& of);
  // What became of the frame, the newest; or of one that came late.
  void note(const Frame& frame, const OperatingPoint& point);
  void note_late(const Frame& frame, bool forwarded);
  // Whether the receiver has all that the target rests on.
  bool whole(uint8_t target) const { return whole_ >> target & 1; }

 private:
  bool advance(uint16_t frame_number);
  void keep_inside(uint8_t target, const DependencyStructure& structure);
  uint8_t choose(const Frame& frame, const OperatingPoint& now, const OperatingPoint& wanted,
                 const Place& place, const ActiveStructure& of) const;
  bool has_references(const Frame& frame) const;
  OperatingPoint adopt(const Frame& frame, OperatingPoint now, const ActiveStructure& of);
  bool enters(uint8_t target, const Frame& frame, const OperatingPoint& now, const Place& place,
              const DependencyStructure& structure) const;

  uint16_t newest_ = 0;  // frame number
  uint64_t sent_ = 0;    // bit i: that i numbers before it
  uint32_t whole_ = 0;   // one bit a target
};

}  // namespace sfu::rtp
