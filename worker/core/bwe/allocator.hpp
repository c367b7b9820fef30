// How the bitrate of one transport is shared among its streams.
//
// Each stream asks with a ladder of rates, from the least that it can be sent at to the most that is of use.
// What is given, in this order:
//
//   1. to all their floor, those of higher tiers first. One that yields gets nothing when its floor does not
//      fit; the others keep theirs even then, so that nobody goes black;
//   2. to each tier, the highest first, what its streams want: the next step to whoever comes to least by it
//      for his weight, as long as it fits. A step that does not fit is passed over, and so are those above
//      it.
//
// Sticky: a step that a stream has comes as early as what is below it, and may go a little beyond what is
// left; one above that must fit with a margin. So a stream gives a step up for another that has less, but
// never to one that would then have more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/bitrate.hpp"

namespace sfu::bwe {

struct Demand {
  std::span<const Bitrate> ladder;  // ascending; empty: nothing can be sent
  uint8_t tier = 0;
  uint8_t weight = 1;
  bool yields = false;
  size_t floor = 0;                 // the step given before anyone has more
  std::optional<size_t> current{};  // what it has
  double margin = 0.05;  // of a step's rate, by which it must fit more than well if it is above `current`
  std::optional<size_t> granted{};  // the answer
};

// The sum of what was granted.
Bitrate allocate(std::span<Demand> demands, Bitrate available);

}  // namespace sfu::bwe
