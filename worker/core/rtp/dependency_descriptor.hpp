// The dependency descriptor (RTP Payload Format For AV1, appendix A.8): which frame a packet belongs to, of
// which layer it is, which decode targets need it, and what it depends on.
//
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//   |S|E|template id|         frame number          |   then, if there is more, the extended fields:
//   |T|A|D|F|C|   structure (T), active targets (A), and the frame's own indications (D), differences (F)
//                 and chains (C) where they are not its template's
//
// A structure lists the templates. It comes with the first packet of a coded video sequence and holds until
// the next; the receiver keeps it, as a value of fixed size.
#pragma once

#include <array>
#include <optional>

#include "core/base/bytes.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

inline constexpr size_t kMaxTargets = 32;
inline constexpr size_t kMaxTemplates = 64;
inline constexpr size_t kMaxLayers = 8;      // of each kind; AV1 has 4 spatial and 8 temporal ones
inline constexpr size_t kMaxReferences = 8;  // AV1 has 7 reference frames; a list of more is refused

// Table A.1
enum class Indication : uint8_t { kNotPresent, kDiscardable, kSwitch, kRequired };

// A template, or what holds for one frame.
struct Dependencies {
  uint8_t spatial_layer = 0;
  uint8_t temporal_layer = 0;
  uint8_t reference_count = 0;
  std::array<uint16_t, kMaxReferences> references{};  // how many frames before this one
  std::array<uint8_t, kMaxTargets> chains{};          // to the chain's previous frame; 0: needs none
  uint64_t indications = 0;                           // two bits a decode target

  Indication indication(size_t target) const {
    return static_cast<Indication>(indications >> (2 * target) & 3);
  }
};

struct DependencyStructure {
  struct Target {
    uint8_t spatial_layer = 0;
    uint8_t temporal_layer = 0;
    uint8_t chain = 0;  // that protects it, if there are chains
  };
  struct Resolution {
    uint16_t width_minus_1 = 0;
    uint16_t height_minus_1 = 0;
  };

  uint8_t first_template_id = 0;
  uint8_t template_count = 0;
  uint8_t target_count = 0;
  uint8_t chain_count = 0;
  uint8_t resolution_count = 0;  // 0, or one a spatial layer
  std::array<Dependencies, kMaxTemplates> templates;
  std::array<Target, kMaxTargets> targets;
  std::array<Resolution, kMaxTemplates> resolutions;
};

struct DependencyDescriptor {
  bool begins = false;  // the first packet of the frame
  bool ends = false;
  bool has_structure = false;
  uint16_t frame_number = 0;
  std::optional<uint32_t> active_targets;  // one bit a target; holds until the next one says otherwise
  Dependencies frame;
};

// `known` is the structure of the stream so far; one that the packet brings replaces it, if all of the
// descriptor is well-formed. nullopt: malformed, or a template that `known` does not have.
std::optional<DependencyDescriptor> parse_dependency_descriptor(Bytes in,
                                                                std::optional<DependencyStructure>& known);

// In the terms common to all codecs. A key frame is one without references.
Frame frame_of(const DependencyDescriptor& descriptor, const DependencyStructure& structure);

// Whether the frame belongs to the chain: a lost one breaks it (A.6, PartOfActiveChain).
bool part_of_chain(const Dependencies& frame, const DependencyStructure& structure, size_t chain,
                   uint32_t active_targets);

}  // namespace sfu::rtp
