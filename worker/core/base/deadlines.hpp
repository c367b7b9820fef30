// Earliest deadlines of many objects in one binary heap: O(log n) when an object's earliest deadline
// moves, O(1) to know how long to sleep. An object keeps a Deadlines::Entry as a member.
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/time.hpp"

namespace sfu {

class Deadlines {
 public:
  struct Entry {
    Time at = kNever;
    size_t place = kAbsent;
    static constexpr size_t kAbsent = static_cast<size_t>(-1);
  };

  // Moves `entry` to `at`; kNever takes it out.
  void set(Entry& entry, Time at);
  void remove(Entry& entry) { set(entry, kNever); }
  Time earliest() const { return heap_.empty() ? kNever : heap_.front()->at; }
  // The most urgent entry if it is due at `now`, else nullptr. It stays until set() moves it.
  Entry* due(Time now) const { return earliest() <= now ? heap_.front() : nullptr; }
  size_t size() const { return heap_.size(); }

 private:
  void place(size_t at, Entry* entry);
  void sift_up(size_t at);
  void sift_down(size_t at);

  std::vector<Entry*> heap_;
};

}  // namespace sfu
