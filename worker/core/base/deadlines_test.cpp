#include "core/base/deadlines.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <utility>

#include "core/base/random.hpp"

namespace sfu {

constexpr Time kStart{100s};

TEST_CASE("nothing is due when nothing waits") {
  Deadlines deadlines;
  Deadlines::Entry entry;
  deadlines.remove(entry);
  CHECK_EQ(deadlines.earliest(), kNever);
  CHECK_FALSE(deadlines.due(kStart));
  CHECK_EQ(deadlines.size(), 0);
}

TEST_CASE("an entry is due from its time on, until it is moved") {
  Deadlines deadlines;
  Deadlines::Entry entry;
  deadlines.set(entry, kStart);
  CHECK_FALSE(deadlines.due(kStart - 1us));
  CHECK_EQ(deadlines.due(kStart), &entry);
  CHECK_EQ(deadlines.due(kStart), &entry);
  deadlines.set(entry, kStart + 1s);
  CHECK_FALSE(deadlines.due(kStart));
  deadlines.remove(entry);
  CHECK_EQ(deadlines.size(), 0);
}

TEST_CASE("after any changes the earliest of all comes first") {
  Random random(3);
  std::array<Deadlines::Entry, 60> entries;
  std::set<std::pair<Time, size_t>> reference;
  Deadlines deadlines;
  for (int i = 0; i < 20'000; ++i) {
    const size_t which = random.below(entries.size());
    const Time at = random.below(4) == 0 ? kNever : kStart + Duration(random.below(500));
    reference.erase({entries[which].at, which});
    if (at != kNever) reference.insert({at, which});
    deadlines.set(entries[which], at);
    REQUIRE_EQ(deadlines.size(), reference.size());
    REQUIRE_EQ(deadlines.earliest(), reference.empty() ? kNever : reference.begin()->first);
  }
}

TEST_CASE("taking out what is due gives it in order") {
  Random random(4);
  std::array<Deadlines::Entry, 200> entries;
  Deadlines deadlines;
  for (auto& entry : entries) deadlines.set(entry, kStart + Duration(random.below(1000)));
  Time last{};
  while (Deadlines::Entry* entry = deadlines.due(kNever - 1us)) {
    CHECK_LE(last, entry->at);
    last = entry->at;
    deadlines.remove(*entry);
  }
  CHECK_EQ(deadlines.size(), 0);
}

}  // namespace sfu
