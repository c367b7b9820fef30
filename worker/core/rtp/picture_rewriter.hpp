// The picture ids and TL0PICIDX of what one consumer gets of VP8 or VP9 streams: continuous when the source
// is switched and, for VP8, when pictures are skipped, since a VP8 receiver waits for a picture id that it
// missed. VP9 pictures are never skipped here: their ids count the places of a picture group.
#pragma once

#include "core/rtp/picture.hpp"
#include "core/rtp/sequence_map.hpp"

namespace sfu::rtp {

class PictureRewriter {
 public:
  // The picture of `first` comes next. A stream has one name at all times, as in Rewriter.
  void switch_to(uint32_t stream, const Frame& first);
  // The numbers to write with rewrite_picture(): those given for all packets of a picture. nullopt: skipped,
  // from before the switch, or too old. A frame without picture id keeps what it has.
  std::optional<Picture> forward(const Frame& frame);
  // False: a gap stays, as a later picture went out.
  bool skip(const Frame& frame);
  // For retransmission: as forward() said.
  std::optional<Picture> find(uint32_t stream, const Frame& frame) const;

 private:
  static int64_t unwrap(const Frame& frame, std::optional<int64_t> newest);
  static Picture outgoing(int64_t id, const Frame& frame, uint32_t tl0_offset);

  SequenceMap ids_{0};
  uint32_t stream_ = 0;
  uint8_t tl0_offset_ = 0;
  uint8_t newest_tl0_ = 0;  // outgoing
  bool forwarded_ = false;
};

}  // namespace sfu::rtp
