#include "core/rtp/layer_filter.hpp"

#include <utility>

#include "core/base/sequence.hpp"

namespace sfu::rtp {

void LayerFilter::start(uint32_t stream, const Packet& first, const ActiveStructure* structure) {
  const Frame& frame = first.frame;
  goal_ = wanted_;
  OperatingPoint point{
      .spatial = wanted_.spatial == OperatingPoint::kAll ? wanted_.spatial : frame.spatial_layer,
      .temporal = wanted_.temporal};
  stream_ = stream;
  newest_ = first.unwrapped_sequence - 1;
  newest_frame_ = frame_name(first);
  timestamp_ = first.timestamp;
  key_picture_ = true;
  marked_ = false;
  top_ = OperatingPoint::kAll;
  pictures_.start();
  dependencies_.start(frame);
  if (frame.structure != 0 && structure)
    point = dependencies_.next(frame, point, goal_, {true, true, true, false}, *structure);
  point.cut = is_cut(point);
  if (newest_number_) point.frame_offset = static_cast<uint16_t>(*newest_number_ + 1 - frame.frame_number);
  points_.change(stream, first, OperatingPoints::From::kPicture, point);
  pictures_.note(frame, point);
  dependencies_.note(frame, point);
}

Passage LayerFilter::pass(const Packet& packet, const ActiveStructure* structure) {
  const uint64_t name = frame_name(packet);
  if (packet.unwrapped_sequence <= newest_) {
    const Passage late = again(stream_, packet).value_or(Passage{false, false});
    if (packet.frame.structure != 0)
      dependencies_.note_late(packet.frame, late.forward);
    else
      pictures_.note_late(packet.frame, late.forward);
    return late;
  }
  if (name != newest_frame_) on_frame(packet, name, structure);
  newest_ = packet.unwrapped_sequence;
  if (packet.marker) {
    top_ = packet.frame.spatial_layer;
    marked_ = true;
  }
  note_number(packet.frame);
  return passage(packet, points_.newest());
}

// Streams number their frames each for itself, and a receiver takes what goes back for old. So the next
// stream goes on behind all that this one had.
void LayerFilter::note_number(const Frame& frame) {
  if (frame.structure == 0) return;
  const auto number = static_cast<uint16_t>(frame.frame_number + points_.newest().frame_offset);
  if (!newest_number_ || is_newer(number, *newest_number_)) newest_number_ = number;
}

std::optional<Passage> LayerFilter::again(uint32_t stream, const Packet& packet) const {
  const OperatingPoint* then = points_.at(stream, packet);
  return then ? std::optional(passage(packet, *then)) : std::nullopt;
}

// The first packet of a frame, as far as they come in order.
void LayerFilter::on_frame(const Packet& packet, uint64_t name, const ActiveStructure* structure) {
  const Frame& frame = packet.frame;
  OperatingPoint point = points_.newest();
  const bool begins_picture = packet.timestamp != timestamp_;
  if (begins_picture) {
    if (frame.structure == 0 && frame.key_frame && frame.begins) forget_descriptors(point);
    point = after_picture(point);
    key_picture_ = frame.key_frame;
    marked_ = false;
    timestamp_ = packet.timestamp;
    goal_ = wanted_;
  }
  const bool behind_gap = packet.unwrapped_sequence != newest_ + 1;
  const Place place{begins_picture, key_picture_, top_ <= point.spatial, behind_gap};
  const bool described = frame.structure != 0 && structure;
  if (described)
    point = dependencies_.next(frame, point, goal_, place, *structure);
  else if (point.structure == 0)
    point = pictures_.next(frame, point, goal_, place);
  point.cut = is_cut(point);
  using From = OperatingPoints::From;
  if (point != points_.newest())
    points_.change(stream_, packet, begins_picture ? From::kPicture : From::kFrame, point);
  newest_frame_ = name;
  if (described)
    dependencies_.note(frame, point);
  else
    pictures_.note(frame, point);
}

// A key frame without descriptor: the encoder gives none any more.
void LayerFilter::forget_descriptors(OperatingPoint& point) {
  if (std::exchange(point.structure, uint8_t{0}) != 0) pictures_.start();
}

// A key picture that ended below the highest layer: the encoder has stopped sending that layer, and what
// follows of the lower ones may not be marked as needed for it.
OperatingPoint LayerFilter::after_picture(OperatingPoint point) const {
  if (key_picture_ && marked_ && point.structure == 0 && point.spatial != OperatingPoint::kAll &&
      top_ < point.spatial && !pictures_.incomplete(top_))
    point.spatial = top_;
  return point;
}

// Whether we set the marker. Not while the layer above may be entered in this very picture: in a key picture,
// or because the last one did not have it.
bool LayerFilter::is_cut(const OperatingPoint& point) const {
  if (point.spatial == OperatingPoint::kAll) return false;
  if (point.spatial >= goal_.spatial) return true;
  return !key_picture_ && top_ > point.spatial;
}

LayerFilter::Lacks LayerFilter::lacks(uint8_t spatial, uint8_t temporal,
                                      const ActiveStructure* structure) const {
  const OperatingPoint& now = points_.newest();
  if (structure && now.structure == structure->id) {
    const uint8_t goal = target_within(*structure, spatial, temporal);
    const auto& targets = structure->structure->targets;
    if (goal == now.target || dependencies_.whole(goal)) return Lacks::kNothing;
    const bool same_spatial = targets[goal].spatial_layer == targets[now.target].spatial_layer;
    return same_spatial ? Lacks::kSwitchPoint : Lacks::kKeyFrame;
  }
  if (now.spatial != OperatingPoint::kAll && spatial != now.spatial &&
      (spatial > now.spatial || pictures_.incomplete(spatial)))
    return Lacks::kKeyFrame;
  return temporal > now.temporal ? Lacks::kSwitchPoint : Lacks::kNothing;
}

}  // namespace sfu::rtp
