#include "core/rtp/dependency_descriptor.hpp"

#include <algorithm>

#include "core/rtp/bits.hpp"

namespace sfu::rtp {

namespace {

enum NextLayer : uint32_t { kSameLayer, kNextTemporal, kNextSpatial, kNoMore };

bool add_reference(Dependencies& frame, uint32_t difference) {
  if (frame.reference_count == kMaxReferences) return false;
  frame.references[frame.reference_count++] = static_cast<uint16_t>(difference);
  return true;
}

uint64_t read_indications(BitReader& in, size_t targets) {
  uint64_t indications = 0;
  for (size_t i = 0; i < targets; ++i) indications |= uint64_t{in.bits(2)} << (2 * i);
  return indications;
}

bool read_template_layers(BitReader& in, DependencyStructure& s) {
  uint8_t spatial = 0, temporal = 0;
  for (uint32_t next = kSameLayer; next != kNoMore; next = in.bits(2)) {
    if (next == kNextTemporal) ++temporal;
    if (next == kNextSpatial) ++spatial, temporal = 0;
    if (s.template_count == kMaxTemplates || !in.ok()) return false;
    if (spatial >= kMaxLayers || temporal >= kMaxLayers) return false;
    Dependencies& added = s.templates[s.template_count++];
    added.spatial_layer = spatial;
    added.temporal_layer = temporal;
  }
  return in.ok();
}

bool read_template_references(BitReader& in, Dependencies& frame) {
  while (in.flag())
    if (!add_reference(frame, in.bits(4) + 1)) return false;
  return true;
}

void read_template_chains(BitReader& in, DependencyStructure& s) {
  s.chain_count = static_cast<uint8_t>(in.below(s.target_count + 1u));
  if (s.chain_count == 0) return;
  for (size_t i = 0; i < s.target_count; ++i)
    s.targets[i].chain = static_cast<uint8_t>(in.below(s.chain_count));
  for (size_t i = 0; i < s.template_count; ++i)
    for (size_t chain = 0; chain < s.chain_count; ++chain)
      s.templates[i].chains[chain] = static_cast<uint8_t>(in.bits(4));
}

// A target's layers are the highest of the templates that it needs (A.8.2, decode_target_layers).
void derive_target_layers(DependencyStructure& s) {
  for (size_t target = 0; target < s.target_count; ++target) {
    for (size_t i = 0; i < s.template_count; ++i) {
      const Dependencies& needed = s.templates[i];
      if (needed.indication(target) == Indication::kNotPresent) continue;
      DependencyStructure::Target& t = s.targets[target];
      t.spatial_layer = std::max(t.spatial_layer, needed.spatial_layer);
      t.temporal_layer = std::max(t.temporal_layer, needed.temporal_layer);
    }
  }
}

void read_resolutions(BitReader& in, DependencyStructure& s) {
  s.resolution_count = static_cast<uint8_t>(s.templates[s.template_count - 1u].spatial_layer + 1);
  for (size_t i = 0; i < s.resolution_count; ++i) {
    s.resolutions[i].width_minus_1 = static_cast<uint16_t>(in.bits(16));
    s.resolutions[i].height_minus_1 = static_cast<uint16_t>(in.bits(16));
  }
}

std::optional<DependencyStructure> read_structure(BitReader& in) {
  DependencyStructure s;
  s.first_template_id = static_cast<uint8_t>(in.bits(6));
  s.target_count = static_cast<uint8_t>(in.bits(5) + 1);
  if (!read_template_layers(in, s)) return std::nullopt;
  for (size_t i = 0; i < s.template_count; ++i)
    s.templates[i].indications = read_indications(in, s.target_count);
  for (size_t i = 0; i < s.template_count; ++i)
    if (!read_template_references(in, s.templates[i])) return std::nullopt;
  read_template_chains(in, s);
  derive_target_layers(s);
  if (in.flag()) read_resolutions(in, s);
  if (!in.ok()) return std::nullopt;
  return s;
}

bool read_frame_references(BitReader& in, Dependencies& frame) {
  frame.reference_count = 0;
  while (const uint32_t size = in.bits(2))
    if (!add_reference(frame, in.bits(4 * size) + 1)) return false;
  return true;
}

struct Extended {
  bool custom_indications = false;
  bool custom_references = false;
  bool custom_chains = false;
};

bool read_frame(BitReader& in, const DependencyStructure& s, uint8_t template_id, Extended custom,
                Dependencies& frame) {
  const size_t index = (template_id + 64u - s.first_template_id) % 64;
  if (index >= s.template_count) return false;
  frame = s.templates[index];
  if (custom.custom_indications) frame.indications = read_indications(in, s.target_count);
  if (custom.custom_references && !read_frame_references(in, frame)) return false;
  if (custom.custom_chains)
    for (size_t i = 0; i < s.chain_count; ++i) frame.chains[i] = static_cast<uint8_t>(in.bits(8));
  return in.ok();
}

std::optional<DependencyDescriptor> read_extended(DependencyDescriptor descriptor, uint8_t template_id,
                                                  BitReader in, std::optional<DependencyStructure>& known) {
  descriptor.has_structure = in.flag();
  const bool has_active_targets = in.flag();
  const Extended custom{in.flag(), in.flag(), in.flag()};
  std::optional<DependencyStructure> fresh;
  if (descriptor.has_structure && !(fresh = read_structure(in))) return std::nullopt;
  if (!fresh && !known) return std::nullopt;
  const DependencyStructure& structure = fresh ? *fresh : *known;
  if (fresh) descriptor.active_targets = static_cast<uint32_t>((uint64_t{1} << fresh->target_count) - 1);
  if (has_active_targets) descriptor.active_targets = in.bits(structure.target_count);
  if (!read_frame(in, structure, template_id, custom, descriptor.frame)) return std::nullopt;
  if (fresh) known = fresh;
  return descriptor;
}

// The chain that protects this frame's own spatial layer. In it, a frame of the same picture lies at most
// `spatial_layer` frames back.
bool needs_layer_below(const Dependencies& frame, const DependencyStructure& s) {
  if (frame.spatial_layer == 0 || s.chain_count == 0) return false;
  for (size_t i = 0; i < s.target_count; ++i) {
    if (s.targets[i].spatial_layer != frame.spatial_layer) continue;
    if (frame.indication(i) == Indication::kNotPresent) continue;
    const uint8_t back = frame.chains[s.targets[i].chain];
    return back > 0 && back <= frame.spatial_layer;
  }
  return false;
}

}  // namespace

std::optional<DependencyDescriptor> parse_dependency_descriptor(Bytes in,
                                                                std::optional<DependencyStructure>& known) {
  const auto head = take<3>(in);
  if (!head) return std::nullopt;
  DependencyDescriptor descriptor;
  descriptor.begins = (head->u8<0>() & 0x80) != 0;
  descriptor.ends = (head->u8<0>() & 0x40) != 0;
  descriptor.frame_number = head->u16<1>();
  const uint8_t template_id = head->u8<0>() & 0x3f;
  if (!in.empty()) return read_extended(descriptor, template_id, BitReader(in), known);
  BitReader nothing{Bytes{}};
  if (!known || !read_frame(nothing, *known, template_id, {}, descriptor.frame)) return std::nullopt;
  return descriptor;
}

Frame frame_of(const DependencyDescriptor& descriptor, const DependencyStructure& structure) {
  const Dependencies& from = descriptor.frame;
  const auto references = std::span(from.references).first(from.reference_count);
  Frame frame;
  frame.begins = descriptor.begins;
  frame.ends = descriptor.ends;
  frame.key_frame = references.empty();
  frame.spatial_layer = from.spatial_layer;
  frame.temporal_layer = from.temporal_layer;
  frame.inter_layer = needs_layer_below(from, structure);
  frame.inter_picture =
      std::ranges::any_of(references, [&](uint16_t back) { return back > from.spatial_layer; });
  frame.frame_number = descriptor.frame_number;
  for (const uint16_t back : references) {
    if (back < 64)
      frame.references |= uint64_t{1} << (back - 1);
    else
      frame.far_reference = true;
  }
  frame.unused_above = true;
  uint32_t needing = 0;
  for (size_t i = 0; i < structure.target_count; ++i) {
    const Indication indication = from.indication(i);
    if (indication != Indication::kNotPresent) {
      frame.targets |= 1u << i;
      frame.unused_above &= structure.targets[i].spatial_layer <= from.spatial_layer;
    }
    if (indication == Indication::kSwitch) frame.switch_targets |= 1u << i;
    if (indication > Indication::kDiscardable) needing |= 1u << i;
  }
  frame.discardable = needing == 0;
  return frame;
}

bool part_of_chain(const Dependencies& frame, const DependencyStructure& structure, size_t chain,
                   uint32_t active_targets) {
  bool active = false;
  for (size_t i = 0; i < structure.target_count; ++i) {
    if (structure.targets[i].chain != chain) continue;
    if (frame.indication(i) < Indication::kSwitch) return false;
    active |= (active_targets >> i & 1) != 0;
  }
  return active;
}

}  // namespace sfu::rtp
