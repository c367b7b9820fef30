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
  bool layer_sync = false;     // needs no frame of its own temporal layer or above (VP8: Y; H265: TSA, STSA)
  bool switch_up = false;      // what follows above its temporal layer needs nothing from before it (VP9: U)
  bool inter_layer = false;    // depends on the spatial layer below (VP9: D; AV1: per its chain)
  bool inter_picture = false;  // depends on an earlier picture (VP9: P); only known of VP9 and AV1
  bool unused_above = false;   // no higher spatial layer of this picture depends on it (VP9: Z)
  bool undescribed = false;    // its descriptor refers to what has not come yet
  bool useless = false;        // that never came: nobody can decode the frame
  bool parameters = false;     // brings a sequence's parameter sets (H264, H265)
  bool continues = false;      // the middle of an OBU (AV1), whose layers the packet before it shows
  uint8_t spatial_layer = 0;
  uint8_t temporal_layer = 0;
  // Of a dependency descriptor: the decode targets that this frame is part of and those that can be switched
  // to at it, one bit each; and the frames that it needs, bit i for that which is i + 1 numbers before it.
  uint8_t structure = 0;  // which of the stream's structures this refers to; 0: there is no descriptor
  uint16_t frame_number = 0;
  uint32_t targets = 0;
  uint32_t switch_targets = 0;
  uint64_t references = 0;
  bool far_reference = false;  // to one that is more than 63 numbers back
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
