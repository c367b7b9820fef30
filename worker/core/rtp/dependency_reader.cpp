#include "core/rtp/dependency_reader.hpp"

namespace sfu::rtp {
namespace {

bool brings_structure(Bytes descriptor) { return descriptor.size() > 3 && (descriptor[3] & 0x80) != 0; }

Frame named(Frame frame, uint8_t structure) {
  frame.structure = structure;
  return frame;
}

}  // namespace

std::optional<Frame> DependencyReader::read(Bytes in, int64_t sequence) {
  if (in.empty()) return std::nullopt;
  if (brings_structure(in)) return read_structure(in, sequence);
  if (!kept_) return std::nullopt;
  const bool late = sequence < kept_->since;
  ActiveStructure& known = late ? kept_->previous : kept_->current;
  const auto descriptor = parse_dependency_descriptor(in, known.structure);
  if (!descriptor) return std::nullopt;
  if (!late && descriptor->active_targets && sequence >= kept_->active_since) {
    known.active_targets = *descriptor->active_targets;
    kept_->active_since = sequence;
  }
  return named(frame_of(*descriptor, *known.structure), known.id);
}

// One that comes late explains its own packet only.
std::optional<Frame> DependencyReader::read_structure(Bytes in, int64_t sequence) {
  std::optional<DependencyStructure> own;
  const auto descriptor = parse_dependency_descriptor(in, own);
  if (!descriptor) return std::nullopt;
  const bool same_frame = kept_ && descriptor->frame_number == kept_->frame_number;
  const bool late = kept_ && !same_frame && sequence < kept_->since;
  if (!same_frame && !late) replace(*descriptor, *own, sequence);
  return named(frame_of(*descriptor, *own), late ? kept_->previous.id : kept_->current.id);
}

void DependencyReader::replace(const DependencyDescriptor& descriptor, const DependencyStructure& structure,
                               int64_t sequence) {
  if (!kept_) kept_ = std::make_unique<Kept>();
  const uint8_t id = kept_->current.id == 255 ? 1 : static_cast<uint8_t>(kept_->current.id + 1);
  kept_->previous = kept_->current;
  kept_->current = {id, *descriptor.active_targets, structure};
  kept_->frame_number = descriptor.frame_number;
  kept_->since = kept_->active_since = sequence;
}

}  // namespace sfu::rtp
