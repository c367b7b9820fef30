// The packets of one stream that have not come, and when to ask for them (NACK, RFC 4585, 6.2.1). A gap is
// asked for at once, unless the path was seen to reorder; then it waits for as long as packets were late.
// Requests are an RTT apart. Pending are at most kMaxPending numbers, each for kMaxTime, kMaxRequests and
// kMaxDistance behind the newest; where more are missing only a key frame helps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/base/time.hpp"

namespace sfu::rtp {

class Missing {
 public:
  static constexpr size_t kMaxPending = 1000;
  static constexpr int64_t kMaxDistance = 10000;
  static constexpr int kMaxRequests = 10;
  static constexpr Duration kMaxTime = 2s;
  static constexpr Duration kDefaultRtt = 100ms;
  static constexpr Duration kMinSpacing = 20ms;
  static constexpr Duration kMaxWait = 20ms;

  // True: the packet was missing. `retransmission`: it came on the RTX stream, so not by reordering.
  bool on_packet(int64_t sequence, bool retransmission, Time now);

  // The numbers to ask for now, in order; valid until the next call. An unknown RTT is zero.
  std::span<const uint16_t> collect(Time now, Duration rtt);
  // When collect() may have something.
  Time deadline() const { return pending_.empty() ? kNever : deadline_; }

  // Once for each time that too many were missing; they are no longer pending.
  bool take_key_frame_needed() { return std::exchange(key_frame_needed_, false); }
  size_t pending() const { return pending_.size(); }
  void reset() { *this = Missing(); }

 private:
  struct Entry {
    int64_t sequence;
    Time noted;
    Time due;
    int requests;
  };

  void note_gap(int64_t end, Time now);
  bool fill(int64_t sequence, bool retransmission, Time now);
  void learn_wait(const Entry& entry, bool retransmission, Time now);

  bool started_ = false;
  bool key_frame_needed_ = false;
  int64_t newest_ = 0;
  Duration wait_{};  // of a first request
  Time deadline_ = kNever;
  std::vector<Entry> pending_;  // by sequence
  std::vector<uint16_t> due_;
};

}  // namespace sfu::rtp
