#include "core/router/allocation.hpp"

#include <string>

namespace sfu {

namespace {

constexpr uint32_t kMax = 255;

std::optional<Error> wrong(const std::optional<channel::ConsumerLayers>& layers, const std::string& name) {
  if (!layers) return std::nullopt;
  if (layers->spatial_layer > kMax)
    return Error::type("allocation." + name + ".spatialLayer must be an integer from 0 to 255");
  if (layers->temporal_layer.value_or(0) > kMax)
    return Error::type("allocation." + name + ".temporalLayer must be an integer from 0 to 255");
  return std::nullopt;
}

// Whether the first, as a minimum, is more than the second, as a maximum.
bool exceeds(const channel::ConsumerLayers& min, const channel::ConsumerLayers& max) {
  if (min.spatial_layer != max.spatial_layer) return min.spatial_layer > max.spatial_layer;
  return min.temporal_layer.value_or(0) > max.temporal_layer.value_or(kMax);
}

}  // namespace

Result<Allocation> read_allocation(const channel::Allocation& request) {
  if (request.tier > kMax) return Error::type("allocation.tier must be an integer from 0 to 255");
  if (request.weight < 1 || request.weight > kMax)
    return Error::type("allocation.weight must be an integer from 1 to 255");
  if (auto error = wrong(request.min_layers, "minLayers")) return *error;
  if (auto error = wrong(request.max_layers, "maxLayers")) return *error;
  if (request.min_layers && request.max_layers && exceeds(*request.min_layers, *request.max_layers))
    return Error::type("allocation.minLayers must not be above allocation.maxLayers");
  return Allocation{static_cast<uint8_t>(request.tier), static_cast<uint8_t>(request.weight),
                    request.min_layers, request.max_layers, request.when_starved};
}

channel::Allocation write_allocation(const Allocation& allocation) {
  return {allocation.tier, allocation.weight, allocation.min_layers, allocation.max_layers,
          allocation.when_starved};
}

}  // namespace sfu
