#include "core/base/pool.hpp"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "core/base/random.hpp"

namespace sfu {

namespace {

struct Slot {
  uint32_t references;
  int value;
};

}  // namespace

TEST_CASE("a slot lives as long as someone refers to it") {
  Pool<Slot> pool(4);
  Ref<Slot> first = pool.take();
  first->value = 7;
  {
    const Ref<Slot> second = first;
    CHECK_EQ(second.get(), first.get());
    CHECK_EQ(first->references, 2);
    first = {};
    CHECK_EQ(pool.in_use(), 1);
    CHECK_EQ(second->value, 7);
  }
  CHECK_EQ(pool.in_use(), 0);
}

TEST_CASE("a moved reference is empty and counts once") {
  Pool<Slot> pool(4);
  Ref<Slot> first = pool.take();
  Ref<Slot> second = std::move(first);
  CHECK_EQ(second->references, 1);
  Ref<Slot>& itself = second;
  second = std::move(itself);
  CHECK_EQ(second->references, 1);
  second = pool.take();
  CHECK_EQ(pool.in_use(), 1);
}

TEST_CASE("the slot given back last is taken first") {
  Pool<Slot> pool(4);
  Ref<Slot> kept = pool.take();
  Ref<Slot> warm = pool.take();
  const Slot* slot = warm.get();
  warm = {};
  CHECK_EQ(pool.take().get(), slot);
}

TEST_CASE("a pool grows by chunks and hands out each slot once") {
  Random random(5);
  Pool<Slot> pool(3);
  std::vector<Ref<Slot>> taken;
  for (int i = 0; i < 2000; ++i) {
    if (random.below(2) == 0 || taken.empty()) {
      taken.push_back(pool.take());
    } else {
      std::swap(taken[random.below(static_cast<uint32_t>(taken.size()))], taken.back());
      taken.pop_back();
    }
    REQUIRE_EQ(pool.in_use(), taken.size());
  }
  std::set<const Slot*> distinct;
  for (const auto& ref : taken) distinct.insert(ref.get());
  CHECK_EQ(distinct.size(), taken.size());
}

}  // namespace sfu
