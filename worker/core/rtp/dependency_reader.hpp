// Reads the dependency descriptors of one stream, each packet's once for all consumers. It keeps the
// structure that the stream is in, and some before it, to which packets that come late may refer.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/rtp/dependency_descriptor.hpp"

namespace sfu::rtp {

// A structure under the name by which frames refer to it, and which of its targets are being sent.
struct ActiveStructure {
  uint8_t id = 0;  // not 0
  uint32_t active_targets = 0;
  std::optional<DependencyStructure> structure{};
};

class DependencyReader {
 public:
  // Each is 4 KB. As many key frames may come while a packet is late.
  static constexpr size_t kKept = 4;

  // nullopt: there is no descriptor, or it means nothing (without its structure).
  std::optional<Frame> read(Bytes descriptor, int64_t sequence);
  // Null: none has come.
  const ActiveStructure* current() const { return kept_.empty() ? nullptr : &kept_.back()->active; }
  // Whether another one has come since the last call.
  bool take_news() { return std::exchange(news_, false); }
  void reset() { kept_.clear(); }

 private:
  struct Kept {
    ActiveStructure active;
    uint16_t frame_number = 0;  // of the frame that brought it
    int64_t since = 0;          // and its first packet that came
    int64_t active_since = 0;   // the packet that last said what is active
  };
  Kept* kept_at(int64_t sequence);
  std::optional<Frame> read_structure(Bytes descriptor, int64_t sequence);
  static void note_active(Kept& known, const DependencyDescriptor& descriptor, const Frame& frame,
                          int64_t sequence);
  Kept& keep(const DependencyDescriptor& descriptor, std::optional<DependencyStructure> structure,
             int64_t sequence);

  std::vector<std::unique_ptr<Kept>> kept_;  // in the order of their packets
  uint8_t last_id_ = 0;
  bool news_ = false;
};

}  // namespace sfu::rtp
