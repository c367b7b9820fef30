// The newest packets of one received stream, by unwrapped sequence number, for retransmission. Holds the
// packets' slots, not copies: at most `max_packets` of them, none longer than `max_age` once time moves on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/rtp/packet.hpp"

namespace sfu::rtp {

class History {
 public:
  // `max_packets` is a power of two; the ring starts smaller and grows as packets come.
  History(size_t max_packets, Duration max_age);
  static History of_video() { return History(1024, 2s); }
  static History of_audio() { return History(256, 1s); }

  // Keeps the packet under its unwrapped_sequence; a repaired one takes its place among the others.
  void insert(PacketRef packet);
  // Empty: not there, or older than max_age.
  PacketRef find(int64_t sequence, Time now) const;
  // Lets go of what is too old. insert() does so too: this is for streams that have stopped.
  void expire(Time now);
  void clear();

  size_t capacity() const { return slots_.size(); }
  size_t size() const;

 private:
  bool empty() const { return newest_ < oldest_; }
  bool expired(const PacketRef& packet, Time now) const { return now - packet->arrival > max_age_; }
  PacketRef& slot(int64_t sequence) { return slots_[static_cast<uint64_t>(sequence) & (slots_.size() - 1)]; }
  const PacketRef& slot(int64_t sequence) const { return const_cast<History*>(this)->slot(sequence); }
  bool make_room(int64_t sequence);
  void grow(size_t span);

  size_t max_packets_;
  Duration max_age_;
  std::vector<PacketRef> slots_;  // a power of two, at least newest_ - oldest_ + 1
  int64_t oldest_ = 0;
  int64_t newest_ = -1;
};

}  // namespace sfu::rtp
