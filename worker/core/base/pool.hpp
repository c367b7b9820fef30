// A pool of equal slots cut from large chunks, handed out last-in-first-out so that a warm slot is used
// again, with an intrusive, non-atomic count: the worker is single-threaded. T has a member `uint32_t
// references`. A slot is constructed once and never cleared: whoever takes it sets what it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.hpp"

namespace sfu {

template <class T>
class Pool;

// A counted reference to a slot; the last one gone gives the slot back.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(const Ref& other) : slot_(other.slot_) {
    if (slot_) ++slot_->references;
  }
  Ref(Ref&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~Ref() {
    if (slot_ && --slot_->references == 0) Pool<T>::give_back(slot_);
  }

  explicit operator bool() const { return slot_ != nullptr; }
  T& operator*() const { return *slot_; }
  T* operator->() const { return slot_; }
  T* get() const { return slot_; }

 private:
  friend class Pool<T>;
  explicit Ref(T* slot) : slot_(slot) { slot_->references = 1; }
  T* slot_ = nullptr;
};

template <class T>
class Pool {
 public:
  explicit Pool(size_t slots_a_chunk = 1024) : slots_a_chunk_(slots_a_chunk) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() { CHECK(free_.size() == chunks_.size() * slots_a_chunk_); }

  Ref<T> take() {
    if (free_.empty()) grow();
    Slot* slot = free_.back();
    free_.pop_back();
    return Ref<T>(&slot->value);
  }
  size_t in_use() const { return chunks_.size() * slots_a_chunk_ - free_.size(); }

 private:
  friend class Ref<T>;
  struct Slot {
    T value;
    Pool* home;
  };
  static void give_back(T* value) {
    Slot* slot = reinterpret_cast<Slot*>(value);
    slot->home->free_.push_back(slot);
  }
  void grow() {
    auto& chunk = chunks_.emplace_back(new Slot[slots_a_chunk_]);
    free_.reserve(chunks_.size() * slots_a_chunk_);
    for (size_t i = slots_a_chunk_; i-- > 0;) {
      chunk[i].home = this;
      free_.push_back(&chunk[i]);
    }
  }

  size_t slots_a_chunk_;
  std::vector<std::unique_ptr<Slot[]>> chunks_;
  std::vector<Slot*> free_;
};

}  // namespace sfu
