#include "core/rtp/dependency_reader.hpp"

#include <algorithm>
#include <cstdlib>

namespace sfu::rtp {
namespace {

constexpr int64_t kLongestFrame = 1000;  // packets

bool brings_structure(Bytes descriptor) { return descriptor.size() > 3 && (descriptor[3] & 0x80) != 0; }

Frame named(Frame frame, uint8_t structure) {
  frame.structure = structure;
  return frame;
}

}  // namespace

std::optional<Frame> DependencyReader::read(Bytes in, int64_t sequence) {
  if (in.empty()) return std::nullopt;
  if (brings_structure(in)) return read_structure(in, sequence);
  Kept* const known = kept_at(sequence);
  if (!known) return std::nullopt;
  const auto descriptor = parse_dependency_descriptor(in, known->active.structure);
  if (!descriptor) return std::nullopt;
  const Frame frame = frame_of(*descriptor, *known->active.structure);
  if (sequence >= known->active_since) note_active(*known, *descriptor, frame, sequence);
  return named(frame, known->active.id);
}

// That a layer has become active is told once or twice, and may be lost; its frames show it.
void DependencyReader::note_active(Kept& known, const DependencyDescriptor& descriptor, const Frame& frame,
                                   int64_t sequence) {
  uint32_t& active = known.active.active_targets;
  if (descriptor.active_targets) {
    active = *descriptor.active_targets;
    known.active_since = sequence;
  }
  if ((frame.targets & ~active) == 0) return;
  const DependencyStructure& structure = *known.active.structure;
  for (size_t i = 0; i < structure.target_count; ++i)
    if (structure.targets[i].spatial_layer == frame.spatial_layer) active |= frame.targets & (1u << i);
}

// Several packets of a frame may bring it.
std::optional<Frame> DependencyReader::read_structure(Bytes in, int64_t sequence) {
  std::optional<DependencyStructure> own;
  const auto descriptor = parse_dependency_descriptor(in, own);
  if (!descriptor) return std::nullopt;
  const auto same = std::ranges::find_if(kept_, [&](const auto& kept) {
    return kept->frame_number == descriptor->frame_number && std::abs(sequence - kept->since) < kLongestFrame;
  });
  Kept& kept = same != kept_.end() ? **same : keep(*descriptor, own, sequence);
  kept.since = std::min(kept.since, sequence);
  return named(frame_of(*descriptor, *own), kept.active.id);
}

// The newest that came before the packet.
DependencyReader::Kept* DependencyReader::kept_at(int64_t sequence) {
  for (size_t i = kept_.size(); i-- > 0;)
    if (kept_[i]->since <= sequence) return kept_[i].get();
  return nullptr;
}

DependencyReader::Kept& DependencyReader::keep(const DependencyDescriptor& descriptor,
                                               std::optional<DependencyStructure> structure,
                                               int64_t sequence) {
  news_ = true;
  last_id_ = last_id_ == 255 ? 1 : static_cast<uint8_t>(last_id_ + 1);
  auto fresh = std::make_unique<Kept>();
  *fresh = {{last_id_, *descriptor.active_targets, structure}, descriptor.frame_number, sequence, sequence};
  Kept& kept = *fresh;
  const auto behind = std::ranges::find_if(kept_, [&](const auto& each) { return each->since > sequence; });
  kept_.insert(behind, std::move(fresh));
  if (kept_.size() > kKept) kept_.erase(kept_.begin() + (kept_.front().get() == &kept ? 1 : 0));
  return kept;
}

}  // namespace sfu::rtp
