#include "core/rtp/picture_layers.hpp"

#include <algorithm>

#include "core/rtp/temporal_layers.hpp"

namespace sfu::rtp {
namespace {

uint8_t layer_bit(uint8_t spatial) { return static_cast<uint8_t>(1u << (spatial & 7)); }

// One layer up at a frame that rests on no earlier picture, and below on nothing but what is sent.
bool climbs(const Frame& frame, uint8_t now, uint8_t wanted) {
  if (frame.inter_picture || frame.temporal_layer != 0) return false;
  if (frame.spatial_layer <= now || frame.spatial_layer > wanted) return false;
  return !frame.inter_layer || frame.spatial_layer == now + 1;
}

}  // namespace

OperatingPoint PictureLayers::next(const Frame& frame, OperatingPoint now, const OperatingPoint& wanted,
                                   const Place& place) const {
  if (place.begins_picture) now.temporal = next_temporal_layer(frame, now.temporal, wanted.temporal);
  if (now.spatial == OperatingPoint::kAll) return now;
  if (place.begins_picture && wanted.spatial < now.spatial) {
    // What is missing may have been of the lower layer alone, and is then not sent when it comes.
    const bool may_lack = incomplete(wanted.spatial) || (place.behind_gap && frame.unused_above);
    if (!may_lack)
      now.spatial = wanted.spatial;
    else if (frame.key_frame && frame.spatial_layer <= wanted.spatial)
      now.spatial = frame.spatial_layer;  // and up again within the key picture
  }
  if ((place.key_picture || place.open_above) && climbs(frame, now.spatial, wanted.spatial)) {
    now.spatial = frame.spatial_layer;
    // The new layer's frames of higher temporal layers may rest on such ones from before.
    if (!place.key_picture && !frame.switch_up) now.temporal = std::min(now.temporal, frame.temporal_layer);
  }
  return now;
}

void PictureLayers::note(const Frame& frame, const OperatingPoint& point) {
  if (frame.temporal_layer > point.temporal) return;  // nothing that is sent rests on it
  const uint8_t bit = layer_bit(frame.spatial_layer);
  // Nothing of the layers below is needed for this one: what of them has not come yet will not be sent.
  if (frame.spatial_layer == point.spatial && frame.inter_picture && !frame.inter_layer)
    incomplete_ |= static_cast<uint8_t>(bit - 1);
  if (!is_part_of(frame, point))
    incomplete_ |= bit;
  else if (!frame.inter_picture && frame.temporal_layer == 0)
    incomplete_ &= static_cast<uint8_t>(~bit);
}

void PictureLayers::note_late(const Frame& frame, bool forwarded) {
  if (!forwarded) incomplete_ |= layer_bit(frame.spatial_layer);
}

}  // namespace sfu::rtp
