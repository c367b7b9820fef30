#include "core/base/flat_map.hpp"

#include <doctest/doctest.h>

#include <unordered_map>

#include "core/base/random.hpp"

namespace sfu {

namespace {

// Sends everything to few places, so that runs are long and wrap around the array's end.
struct CrowdedHash {
  size_t operator()(uint32_t key) const { return key % 3 == 0 ? SIZE_MAX : key % 5; }
};

template <class Hash>
void compare_with_reference(uint32_t keys) {
  Random random(keys);
  FlatMap<uint32_t, uint64_t, Hash> map;
  std::unordered_map<uint32_t, uint64_t> reference;
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t key = random.below(keys);
    if (random.below(2) == 0) {
      map[key] = reference[key] = random.u64();
    } else {
      REQUIRE_EQ(map.erase(key), reference.erase(key) > 0);
    }
    REQUIRE_EQ(map.size(), reference.size());
    const uint32_t asked = random.below(keys);
    const uint64_t* found = map.find(asked);
    REQUIRE_EQ(found != nullptr, reference.contains(asked));
    if (found) REQUIRE_EQ(*found, reference[asked]);
  }
  size_t visited = 0;
  map.each([&](uint32_t key, uint64_t value) {
    CHECK_EQ(reference[key], value);
    ++visited;
  });
  CHECK_EQ(visited, reference.size());
}

}  // namespace

TEST_CASE("an empty map has nothing") {
  FlatMap<uint32_t, int> map;
  CHECK(map.empty());
  CHECK_FALSE(map.contains(0));
  CHECK_FALSE(map.erase(0));
}

TEST_CASE("a new value is default-made") {
  FlatMap<uint32_t, int> map;
  CHECK_EQ(map[0], 0);
  CHECK(map.contains(0));
  map[0] = 5;
  map.erase(0);
  CHECK_EQ(map[0], 0);
}

TEST_CASE("it does what std::unordered_map does") {
  compare_with_reference<IntegerHash>(40);
  compare_with_reference<IntegerHash>(5000);
}

TEST_CASE("it does so when keys crowd together") { compare_with_reference<CrowdedHash>(60); }

TEST_CASE("values that match are erased, the others stay") {
  FlatMap<uint32_t, uint32_t, CrowdedHash> map;
  for (uint32_t key = 0; key < 100; ++key) map[key] = key;
  map.erase_if([](uint32_t key, uint32_t) { return key % 2 == 0; });
  CHECK_EQ(map.size(), 50);
  for (uint32_t key = 0; key < 100; ++key) CHECK_EQ(map.contains(key), key % 2 == 1);
  map.clear();
  CHECK(map.empty());
  CHECK_FALSE(map.contains(1));
}

}  // namespace sfu
