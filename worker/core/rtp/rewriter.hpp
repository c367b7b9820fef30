// The sequence numbers and timestamps of what one consumer gets (see SequenceMap for the numbers). Switching
// to another source leaves no gap in the numbers, and moves the timestamp to where the caller knows it to be,
// or on by the time that passed. The way back serves retransmission: which source packet went out under a
// number, and what to add to its timestamp.
#pragma once

#include "core/base/time.hpp"
#include "core/rtp/sequence_map.hpp"

namespace sfu::rtp {

class Rewriter {
 public:
  struct Outgoing {
    uint64_t index = 0;  // ROC << 16 | SEQ (RFC 3711, 3.3.1)
    uint32_t timestamp = 0;
    uint16_t sequence() const { return static_cast<uint16_t>(index); }
  };
  struct Source {
    uint32_t stream = 0;
    int64_t sequence = 0;
    uint32_t timestamp_offset = 0;  // outgoing = source + offset
    uint64_t index = 0;             // as it went out
  };

  Rewriter(uint32_t clock_rate, uint16_t first_sequence, uint32_t first_timestamp)
      : clock_rate_(clock_rate), numbers_(first_sequence), newest_timestamp_(first_timestamp) {}

  // The packet (sequence, timestamp) of `stream` comes next. `same_moment`: the timestamp that the stream
  // left has for the moment of `timestamp` (for a stream resumed the same), if that is known. Without it, or
  // where it cannot be true, the timestamp advances by the time since the newest one went out.
  //
  // Timestamps never go back: one that would is moved up, at most by kMaxShift, and what follows with it,
  // until a later switch makes it good. False: that is not enough, or what comes after this packet in its
  // stream has gone out before; nothing was changed.
  bool switch_to(uint32_t stream, int64_t sequence, uint32_t timestamp, std::optional<uint32_t> same_moment,
                 Time now);
  static constexpr Duration kMaxShift = 75ms;
  static constexpr Duration kMaxDisagreement = 1s;  // of the clocks and the packets' arrival

  // nullopt: skipped before, from before the switch, or too old.
  std::optional<Outgoing> forward(int64_t sequence, uint32_t timestamp, Time now);
  // False: it has its number for good.
  bool skip(int64_t sequence) { return numbers_.skip(sequence); }
  std::optional<Source> source_of(uint16_t outgoing) const;

  bool started() const { return numbers_.started(); }
  // Before the first packet: the number before it, and its timestamp.
  uint64_t newest_index() const { return static_cast<uint64_t>(numbers_.newest()) & kIndexMask; }
  uint32_t newest_timestamp() const { return newest_timestamp_; }
  uint32_t timestamp_offset() const { return timestamp_offset_; }

 private:
  static constexpr uint64_t kIndexMask = (uint64_t{1} << 48) - 1;

  int32_t ticks(Duration span) const;

  uint32_t clock_rate_;
  SequenceMap numbers_;
  bool forwarded_ = false;
  uint32_t newest_timestamp_;  // outgoing
  Time newest_at_{};
  uint32_t timestamp_offset_ = 0;
  uint32_t shift_ = 0;  // as much of it as was only to keep the timestamps from going back
};

}  // namespace sfu::rtp
