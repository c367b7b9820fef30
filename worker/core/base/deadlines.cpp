#include "core/base/deadlines.hpp"

namespace sfu {

void Deadlines::set(Entry& entry, Time at) {
  if (entry.at == at) return;
  entry.at = at;
  if (entry.place == Entry::kAbsent) {
    heap_.push_back(&entry);
    entry.place = heap_.size() - 1;
  }
  if (at != kNever) {
    sift_up(entry.place);
    sift_down(entry.place);
    return;
  }
  const size_t hole = entry.place;
  entry.place = Entry::kAbsent;
  Entry* last = heap_.back();
  heap_.pop_back();
  if (last == &entry) return;
  place(hole, last);
  sift_up(hole);
  sift_down(last->place);
}

void Deadlines::place(size_t at, Entry* entry) {
  heap_[at] = entry;
  entry->place = at;
}

void Deadlines::sift_up(size_t at) {
  Entry* moving = heap_[at];
  while (at > 0 && moving->at < heap_[(at - 1) / 2]->at) {
    place(at, heap_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  place(at, moving);
}

void Deadlines::sift_down(size_t at) {
  Entry* moving = heap_[at];
  for (size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1]->at < heap_[child]->at) ++child;
    if (heap_[child]->at >= moving->at) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, moving);
}

}  // namespace sfu
