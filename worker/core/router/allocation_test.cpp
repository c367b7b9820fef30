#include "core/router/allocation.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sfu {
namespace {

using channel::ConsumerLayers;
using channel::WhenStarved;

TEST_CASE("an allocation is read as it was asked, and written so") {
  const channel::Allocation asked{255, 1, ConsumerLayers{0, 1}, ConsumerLayers{2, {}}, WhenStarved::kPause};
  const auto read = read_allocation(asked);
  REQUIRE(read);
  CHECK(read->tier == 255);
  CHECK(read->weight == 1);
  CHECK(read->min_layers->temporal_layer == 1u);
  CHECK(read->max_layers->spatial_layer == 2);
  CHECK(read->when_starved == WhenStarved::kPause);
  const channel::Allocation written = write_allocation(*read);
  CHECK(written.tier == 255);
  CHECK(written.min_layers->temporal_layer == 1u);
  CHECK_FALSE(written.max_layers->temporal_layer.has_value());
}

TEST_CASE("by default all consumers are equal, and the lowest layer is kept") {
  const Allocation allocation;
  CHECK(allocation.tier == 0);
  CHECK(allocation.weight == 1);
  CHECK_FALSE(allocation.min_layers.has_value());
  CHECK_FALSE(allocation.max_layers.has_value());
  CHECK(allocation.when_starved == WhenStarved::kKeep);
}

TEST_CASE("an allocation out of range is refused by the field's name") {
  struct Row {
    channel::Allocation asked;
    std::string field;
  };
  const std::vector<Row> rows = {
      {{.tier = 256, .weight = 1}, "allocation.tier"},
      {{.tier = 0, .weight = 0}, "allocation.weight"},
      {{.tier = 0, .weight = 256}, "allocation.weight"},
      {{.weight = 1, .min_layers = ConsumerLayers{256, {}}}, "allocation.minLayers.spatialLayer"},
      {{.weight = 1, .min_layers = ConsumerLayers{0, 256}}, "allocation.minLayers.temporalLayer"},
      {{.weight = 1, .max_layers = ConsumerLayers{256, {}}}, "allocation.maxLayers.spatialLayer"},
      {{.weight = 1, .max_layers = ConsumerLayers{0, 300}}, "allocation.maxLayers.temporalLayer"},
      {{.weight = 1, .min_layers = ConsumerLayers{2, {}}, .max_layers = ConsumerLayers{1, 2}},
       "allocation.minLayers must not be above"},
      {{.weight = 1, .min_layers = ConsumerLayers{1, 2}, .max_layers = ConsumerLayers{1, 1}},
       "allocation.minLayers must not be above"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    const auto read = read_allocation(row.asked);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Error::Code::kType);
    CHECK(read.error().message.starts_with(row.field));
  }
}

TEST_CASE("equal bounds are one layer") {
  CHECK(read_allocation(
      {.weight = 1, .min_layers = ConsumerLayers{1, {}}, .max_layers = ConsumerLayers{1, 0}}));
}

}  // namespace
}  // namespace sfu
