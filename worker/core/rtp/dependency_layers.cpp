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

// The targets all of whose frames are also those of `target`, by the templates.
uint32_t targets_inside(uint8_t target, const DependencyStructure& structure) {
  uint32_t inside = ~0u;
  for (size_t i = 0; i < structure.template_count; ++i) {
    const Dependencies& each = structure.templates[i];
    if (each.indication(target) != Indication::kNotPresent) continue;
    for (size_t other = 0; other < structure.target_count; ++other)
      if (each.indication(other) != Indication::kNotPresent) inside &= ~(1u << other);
  }
  return inside;
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
  const bool behind_gap = advance(frame.frame_number);
  if (behind_gap) keep_inside(now.target, structure);
  if (now.structure != of.id) now = adopt(frame, now, of);
  const uint8_t target = choose(frame, now, wanted, place, of);
  if (target == now.target) return now;
  if (behind_gap) keep_inside(target, structure);  // what is missing of this very picture
  return at_target(now, target, structure);
}

// The best that is wanted, if it can be entered. Else as far as one gets: with more spatial layers, or with
// other temporal ones.
uint8_t DependencyLayers::choose(const Frame& frame, const OperatingPoint& now, const OperatingPoint& wanted,
                                 const Place& place, const ActiveStructure& of) const {
  const DependencyStructure& structure = *of.structure;
  const auto can_enter = [&](uint8_t target) { return enters(target, frame, now, place, structure); };
  const uint8_t goal = target_within(of, wanted.spatial, wanted.temporal);
  if (goal == now.target || can_enter(goal)) return goal;
  const uint8_t beside = target_within(of, structure.targets[now.target].spatial_layer, wanted.temporal);
  uint8_t best = beside;
  for (uint8_t i = 0; i < structure.target_count; ++i)
    if (is_within(structure.targets[i], wanted.spatial, wanted.temporal) &&
        quality(structure.targets[i]) > quality(structure.targets[best]) && can_enter(i))
      best = i;
  return best != beside || can_enter(beside) ? best : now.target;
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
  for (uint8_t i = 0; i < structure.target_count; ++i)
    if (is_within(structure.targets[i], had.spatial, had.temporal)) whole_ |= 1u << i;
  return at_target(now, target_within(of, had.spatial, had.temporal), structure);
}

bool DependencyLayers::enters(uint8_t target, const Frame& frame, const OperatingPoint& now,
                              const Place& place, const DependencyStructure& structure) const {
  const Target& to = structure.targets[target];
  const Target& from = structure.targets[now.target];
  // What the picture has of lower layers has been sent.
  const bool takes_back = to.spatial_layer < from.spatial_layer || to.temporal_layer < frame.temporal_layer;
  if (takes_back && !place.begins_picture) return false;
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

void DependencyLayers::note_late(const Frame& frame, bool forwarded) {
  if (!forwarded) {
    whole_ &= ~frame.targets;
    return;
  }
  const auto back = static_cast<uint16_t>(newest_ - frame.frame_number);
  if (back < 64) sent_ |= uint64_t{1} << back;
}

// Whether there are frames in between that are not here yet, if they ever come.
bool DependencyLayers::advance(uint16_t frame_number) {
  const auto ahead = static_cast<uint16_t>(frame_number - newest_);
  sent_ = ahead < 64 ? sent_ << ahead : 0;
  newest_ = frame_number;
  return ahead > 1;
}

// Of unknown frames those of `target` are sent: other targets are only known to be whole if they have no
// more.
void DependencyLayers::keep_inside(uint8_t target, const DependencyStructure& structure) {
  whole_ &= targets_inside(target, structure);
}

bool DependencyLayers::has_references(const Frame& frame) const {
  return !frame.far_reference && (frame.references & ~(sent_ >> 1)) == 0;
}

}  // namespace sfu::rtp
