// What a payload descriptor says about the frame that a packet belongs to, in terms common to all codecs.
// Read once per packet, when its producer receives it.
#pragma once

#include <cstdint>

namespace sfu::rtp {

enum class Codec : uint8_t { kOther, kOpus, kVp8, kVp9, kH264, kH265, kAv1 };

struct Frame {
  bool key_frame = false;      // decodable without any earlier frame; set on each packet that shows it
  bool begins = false;         // the first packet of a frame (of a layer frame, where layers are marked)
  bool ends = false;           // the last one
  bool discardable = false;    // no other frame depends on it
  bool layer_sync = false;     // a switching point up to this temporal layer
  bool inter_layer = false;    // depends on the spatial layer below (VP9: D; AV1: per its chain)
  bool inter_picture = false;  // depends on an earlier picture (VP9: P); only known where layers are marked
  bool unused_above = false;   // no higher spatial layer of this picture depends on it (VP9: Z)
  uint8_t spatial_layer = 0;
  uint8_t temporal_layer = 0;
  // AV1 dependency descriptor: the decode targets that this frame is part of and those that can be switched
  // to at it, one bit each; both 0 without a descriptor.
  uint32_t targets = 0;
  uint32_t switch_targets = 0;
  // VP8 (RFC 7741, 4.2) and VP9 (RFC 9628, 4.2): where in the payload the numbers lie that change when
  // streams are switched; 0: not there.
  uint8_t picture_id_at = 0;
  bool picture_id_long = false;
  uint8_t tl0_picture_index_at = 0;
  uint16_t picture_id = 0;
  uint8_t tl0_picture_index = 0;
  // The opus DTX heuristic: a frame of at most two bytes says that nobody speaks.
  bool dtx = false;
};

}  // namespace sfu::rtp
