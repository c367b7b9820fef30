// What each packet of a source says of itself, at the end of its payload: from which stream, the how manieth,
// when it was made, and a hash of the whole payload, so that a sink misses none and takes no other for it.
//
//   |D|   stream (31 bits)  |  index  |  made, in µs (64 bits)  |  hash (64 bits)  |
//
//   D: who receives the stream receives all of it, as it has no layers.
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"

namespace sfu::load {

struct Stamp {
  static constexpr size_t kSize = 24;
  // The first bytes of a payload are not hashed: a payload descriptor's numbers are rewritten on the way.
  static constexpr size_t kVariable = 8;

  uint32_t stream = 0;
  bool whole = false;
  uint32_t index = 0;  // counts the stream's packets
  Time made{};

  // Into the last bytes of a payload of at least kVariable + kSize.
  void write(MutableBytes payload) const;
  // nullopt when the payload is not what was written.
  static std::optional<Stamp> read(Bytes payload);
};

}  // namespace sfu::load
