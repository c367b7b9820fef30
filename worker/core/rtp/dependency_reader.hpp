// Reads the dependency descriptors of one stream, each packet's once for all consumers. It keeps the
// structure that the stream is in, and the one before, to which packets that come late may refer.
#pragma once

#include <memory>
#include <optional>

#include "core/rtp/dependency_descriptor.hpp"

namespace sfu::rtp {

// A structure under the name by which frames refer to it, and which of its targets are being sent.
struct ActiveStructure {
  uint8_t id = 0;  // 0: there is none
  uint32_t active_targets = 0;
  std::optional<DependencyStructure> structure;
};

class DependencyReader {
 public:
  // nullopt: there is no descriptor, or it means nothing (without its structure).
  std::optional<Frame> read(Bytes descriptor, int64_t sequence);
  // Null: none has come.
  const ActiveStructure* current() const { return kept_ ? &kept_->current : nullptr; }
  void reset() { kept_.reset(); }

 private:
  // 9 KB, of streams that have descriptors only.
  struct Kept {
    ActiveStructure current, previous;
    uint16_t frame_number = 0;  // of the frame that brought the current one
    int64_t since = 0;          // and its packet
    int64_t active_since = 0;   // the packet that last said what is active
  };
  std::optional<Frame> read_structure(Bytes descriptor, int64_t sequence);
  void replace(const DependencyDescriptor& descriptor, const DependencyStructure& structure,
               int64_t sequence);

  std::unique_ptr<Kept> kept_;
};

}  // namespace sfu::rtp
