// What the application says of how a consumer shares what its transport can carry with the others there; for
// the allocator to read. By default all are equal, and nobody goes without a picture.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/result.hpp"
#include "core/channel/messages.gen.hpp"

namespace sfu {

struct Allocation {
  uint8_t tier = 0;    // higher ones are served first, and strictly
  uint8_t weight = 1;  // beside the others of its tier
  // Given before anybody of the tier gets more; without a temporal layer the lowest.
  std::optional<channel::ConsumerLayers> min_layers;
  // Never more than this; without a temporal layer the highest.
  std::optional<channel::ConsumerLayers> max_layers;
  // When not even the lowest layer fits: it is sent all the same, or nothing is.
  channel::WhenStarved when_starved = channel::WhenStarved::kKeep;
};

// The request's values, if all are within their ranges.
Result<Allocation> read_allocation(const channel::Allocation& request);
channel::Allocation write_allocation(const Allocation& allocation);

}  // namespace sfu
