// An open-addressing hash map for small keys and values: one array, linear probing, deletion by shifting
// back. Pointers to values last until the next insertion or removal. Iteration order is that of the array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sfu {

struct IntegerHash {
  size_t operator()(uint64_t key) const {
    const uint64_t mixed = (key ^ (key >> 32)) * 0x9e3779b97f4a7c15;
    return static_cast<size_t>(mixed ^ (mixed >> 32));
  }
};

template <class Key, class Value, class Hash = IntegerHash>
class FlatMap {
 public:
  Value* find(const Key& key) {
    if (slots_.empty()) return nullptr;
    Slot& slot = slots_[locate(key)];
    return slot.used ? &slot.value : nullptr;
  }
  const Value* find(const Key& key) const { return const_cast<FlatMap*>(this)->find(key); }
  bool contains(const Key& key) const { return find(key) != nullptr; }

  // The value under `key`, default-made when it was not there.
  Value& operator[](const Key& key) {
    if ((size_ + 1) * 4 > slots_.size() * 3) rehash(slots_.empty() ? 8 : slots_.size() * 2);
    Slot& slot = slots_[locate(key)];
    if (!slot.used) {
      slot = {true, key, Value{}};
      ++size_;
    }
    return slot.value;
  }

  bool erase(const Key& key) {
    if (slots_.empty()) return false;
    size_t hole = locate(key);
    if (!slots_[hole].used) return false;
    slots_[hole] = Slot{};
    --size_;
    // Close the gap: an entry behind it moves up unless its own place lies between.
    for (size_t at = next(hole); slots_[at].used; at = next(at)) {
      const size_t home = Hash{}(slots_[at].key) & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = std::exchange(slots_[at], Slot{});
      hole = at;
    }
    return true;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() {
    slots_.clear();
    size_ = 0;
  }

  template <class Visit>
  void each(Visit&& visit) {
    for (Slot& slot : slots_)
      if (slot.used) visit(slot.key, slot.value);
  }
  template <class Visit>
  void each(Visit&& visit) const {
    for (const Slot& slot : slots_)
      if (slot.used) visit(slot.key, slot.value);
  }
  template <class Matches>
  void erase_if(Matches&& matches) {
    std::vector<Key> doomed;
    each([&](const Key& key, Value& value) {
      if (matches(key, value)) doomed.push_back(key);
    });
    for (const Key& key : doomed) erase(key);
  }

 private:
  struct Slot {
    bool used = false;
    Key key{};
    Value value{};
  };
  size_t mask() const { return slots_.size() - 1; }
  size_t next(size_t at) const { return (at + 1) & mask(); }
  // Where `key` is, or the free slot where it would go.
  size_t locate(const Key& key) const {
    size_t at = Hash{}(key)&mask();
    while (slots_[at].used && !(slots_[at].key == key)) at = next(at);
    return at;
  }
  void rehash(size_t count) {
    std::vector<Slot> old(count);
    std::swap(old, slots_);
    for (Slot& slot : old)
      if (slot.used) slots_[locate(slot.key)] = std::move(slot);
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace sfu
