// When a transport may send: a token bucket that fills at a rate and holds one slot's worth at most. What is
// sent at one moment is therefore
//
//   at most rate * kSlot, rounded up to a whole packet
//
// however much is waiting. Where the path has room to spare, that would cut an ordinary frame into several
// messages for nothing: then it is
//
//   at most max(rate * kSlot, min(rate * kSlotWithRoom, kMaxWithRoom)), rounded up to a whole packet
//
// A closed pacer opens at the end of a slot, kApart later at least, and at the same
// moments for all transports of a worker: so one wake serves them all, and what one sends then is a run for
// UDP_SEGMENT.
#pragma once

#include <algorithm>

#include "core/base/bitrate.hpp"
#include "core/base/time.hpp"

namespace sfu::bwe {

class Pacer {
 public:
  static constexpr Duration kSlot = 5ms;
  static constexpr Duration kSlotWithRoom = 15ms;
  static constexpr int64_t kMaxWithRoom = 15 * 1200;  // 16 packets, with the one that it is rounded up to
  // A slot that ends sooner than this after it was closed would make one burst of two.
  static constexpr Duration kApart = 1ms;
  // Without bounds as far as a network is concerned; the bucket's arithmetic stays within 63 bits.
  static constexpr Bitrate kFastest{100'000'000'000};

  void set_rate(Bitrate rate, Time now, bool with_room = false) {
    fill(now);
    rate_ = std::clamp(rate, Bitrate{1}, kFastest);
    with_room_ = with_room;
    level_ = std::min(level_, depth());
    if (now < reopens_) reopens_ = std::min(reopens_, next_end(now));
  }
  Bitrate rate() const { return rate_; }
  // What a slot may take.
  int64_t slot_bytes() const { return depth() / kUnit; }

  bool open(Time now) {
    if (now < reopens_) return false;
    fill(now);
    if (level_ <= 0) reopens_ = next_end(now);
    return level_ > 0;
  }
  // Also of what did not wait until it was open.
  void on_sent(int64_t bytes) { level_ -= bytes * kUnit; }
  // When it is open again, at the end of a slot; `now` if it is.
  Time opens(Time now) { return open(now) ? now : reopens_; }

 private:
  static constexpr int64_t kUnit = 8'000'000;  // a byte, in bits per second times microseconds
  static constexpr int64_t kDeepest = INT64_MAX / 4;

  // The end of a slot when there is something in the bucket again.
  Time next_end(Time now) const {
    const Time at = std::max(filled_ + Duration(-level_ / rate_.bps + 1), now + kApart);
    const Duration past = at.time_since_epoch() % kSlot;
    return past.count() == 0 ? at : at + kSlot - past;
  }
  int64_t depth() const {
    const int64_t slot = rate_.bps * kSlot.count();
    if (!with_room_) return slot;
    return std::max(slot, std::min(rate_.bps * kSlotWithRoom.count(), kMaxWithRoom * kUnit));
  }
  void fill(Time now) {
    if (now <= filled_) return;
    const int64_t longest = kDeepest / rate_.bps;
    level_ = std::min(level_ + rate_.bps * std::min<int64_t>((now - filled_).count(), longest), depth());
    filled_ = now;
  }

  Bitrate rate_ = kFastest;
  bool with_room_ = false;
  int64_t level_ = 1;  // below 0 after a packet larger than what was left
  Time filled_{};
  Time reopens_{};
};

}  // namespace sfu::bwe
