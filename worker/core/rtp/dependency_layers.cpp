#include "core/rtp/dependency_layers.hpp"

#include <tuple>

namespace sfu::rtp {
namespace {

using Target = DependencyStructure::Target;

bool is_within(const Target& target, uint8_t spatial, uint8_t temporal) {
  return target.spatial_layer <= spatial && target.temporal_layer <= temporal;
}

auto quality(const Target& target) { return std::tuple(target.spatial_layer, target.temporal_layer); }

OperatingPoint at_target(OperatingPoint point, uint8_t target, const DependencyStructure& structure) {
  point.target = target;
  point.temporal = structure.targets[target].temporal_layer;
  if (point.spatial != OperatingPoint::kAll) point.spatial = structure.targets[target].spatial_layer;
  return point;
}

}  // namespace

uint8_t target_within(const ActiveStructure& of, uint8_t spatial, uint8_t temporal) {
  const DependencyStructure& structure = *of.structure;
  const uint32_t active = of.active_targets != 0 ? of.active_targets : ~0u;
  std::optional<uint8_t> best, lowest;
  for (uint8_t i = 0; i < structure.target_count; ++i) {
    if (!(active >> i & 1)) continue;
    const Target& target = structure.targets[i];
    if (!lowest || quality(target) < quality(structure.targets[*lowest])) lowest = i;
    if (is_within(target, spatial, temporal) &&
        (!best || quality(target) > quality(structure.targets[*best])))
      best = i;
  }
  return best.value_or(lowest.value_or(0));
}

void DependencyLayers::start(const Frame& first) {
  newest_ = first.frame_number;
  sent_ = 0;
  whole_ = 0;
}

OperatingPoint DependencyLayers::next(const Frame& frame, OperatingPoint now, const OperatingPoint& wanted,
                                      const Place& place, const ActiveStructure& of) {
  const DependencyStructure& structure = *of.structure;
  if (frame.structure != of.id) return now;
  advance(frame.frame_number);
  if (now.structure != of.id) now = adopt(frame, now, of);
  const uint8_t goal = target_within(of, wanted.spatial, wanted.temporal);
  // As long as the spatial layer cannot change, the temporal one can.
  const uint8_t beside = target_within(of, structure.targets[now.target].spatial_layer, wanted.temporal);
  for (const uint8_t target : {goal, beside}) {
    if (target == now.target) return now;
    if (enters(target, frame, now, place, structure)) return at_target(now, target, structure);
  }
  return now;
}

// Another structure. At its key frame all begins anew; behind it, when that came late or never, the receiver
// has what lies within the layers that it had.
OperatingPoint DependencyLayers::adopt(const Frame& frame, OperatingPoint now, const ActiveStructure& of) {
  const DependencyStructure& structure = *of.structure;
  const OperatingPoint had = now;
  now.structure = of.id;
  whole_ = 0;
  sent_ = 0;
  if (frame.key_frame) return at_target(now, target_within(of, 0, 0), structure);
  sent_ = ~uint64_t{1};
  for (uint8_t i = 0; i < structure.target_count; ++i)
    if (is_within(structure.targets[i], had.spatial, had.temporal)) whole_ |= 1u << i;
  return at_target(now, target_within(of, had.spatial, had.temporal), structure);
}

bool DependencyLayers::enters(uint8_t target, const Frame& frame, const OperatingPoint& now,
                              const Place& place, const DependencyStructure& structure) const {
  const Target& to = structure.targets[target];
  const Target& from = structure.targets[now.target];
  const bool down = to.spatial_layer < from.spatial_layer || to.temporal_layer < from.temporal_layer;
  if (down && !place.begins_picture) return false;
  if (to.spatial_layer > from.spatial_layer &&
      !(place.begins_picture || place.key_picture || place.open_above))
    return false;
  return whole(target) || ((frame.switch_targets >> target & 1) && has_references(frame));
}

void DependencyLayers::note(const Frame& frame, const OperatingPoint& point) {
  if (!is_part_of(frame, point)) {
    whole_ &= ~frame.targets;
    return;
  }
  if (has_references(frame)) whole_ |= frame.switch_targets;
  sent_ |= 1;
}

void DependencyLayers::note_late(const Frame& frame) {
  const auto back = static_cast<uint16_t>(newest_ - frame.frame_number);
  if (back < 64) sent_ |= uint64_t{1} << back;
}

void DependencyLayers::advance(uint16_t frame_number) {
  const auto ahead = static_cast<uint16_t>(frame_number - newest_);
  sent_ = ahead < 64 ? sent_ << ahead : 0;
  newest_ = frame_number;
}

bool DependencyLayers::has_references(const Frame& frame) const {
  return !frame.far_reference && (frame.references & ~(sent_ >> 1)) == 0;
}

}  // namespace sfu::rtp
