// The replay windows of all SSRCs that authentic packets came from. At most kMax of them: the one silent for
// longest makes room for a new one, so that a peer cannot fill our memory with SSRCs.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/flat_map.hpp"
#include "core/srtp/replay_window.hpp"

namespace sfu::srtp {

class Sources {
 public:
  static constexpr size_t kMax = 256;

  // nullptr when nothing authentic came from it.
  const ReplayWindow* find(uint32_t ssrc) const;
  // An authentic packet came. The SSRC forgotten for it, if one was.
  std::optional<uint32_t> add(uint32_t ssrc, uint64_t index);
  size_t size() const { return sources_.size(); }

 private:
  struct Source {
    ReplayWindow window{0};
    uint64_t heard = 0;  // the count of packets at its last
  };
  std::optional<uint32_t> make_room();

  FlatMap<uint32_t, Source> sources_;
  uint64_t packets_ = 0;
};

}  // namespace sfu::srtp
