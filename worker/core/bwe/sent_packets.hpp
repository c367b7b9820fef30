// What a transport has sent and the feedback will speak of. Numbers the packets for transport-cc, and finds
// them again by that number or, for RFC 8888, by SSRC and RTP sequence number.
//
// Each packet is reported received at most once, and lost at most once before that. Feedback about anything
// else - never sent, told before, forgotten - reports nothing. A packet is remembered until it was spoken of,
// for kMemory at most; the ring grows with what is under way, to kMaxCapacity packets, and is made when the
// first packet is sent.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/base/sequence.hpp"
#include "core/base/time.hpp"
#include "core/rtcp/ccfb.hpp"
#include "core/rtcp/transport_cc.hpp"

namespace sfu::bwe {

// One datagram of RTP that was handed to the socket.
struct SentPacket {
  enum class Kind : uint8_t { kAudio, kVideo, kRepair, kPadding };

  Time sent{};
  uint32_t ssrc = 0;
  uint16_t rtp_sequence = 0;
  uint16_t size = 0;  // bytes on the wire above UDP
  Kind kind = Kind::kVideo;
  int32_t probe = 0;  // the cluster it belongs to; 0: none
};

struct PacketResult {
  SentPacket sent;
  std::optional<Time> arrived;  // on the receiver's timeline; nullopt: lost
  bool was_lost = false;        // it had been reported lost before
};

// Puts what a receiver says of its time on a timeline of ours that starts when the first feedback comes: only
// differences mean anything. A receiver whose clock jumps gets a new beginning, so that a time is never
// further than kPlausible from now.
class ReceiverTimeline {
 public:
  static constexpr Duration kPlausible = 30s;

  // `receiver`: its clock when it wrote the feedback. False: it jumped; the clock's own unwrapping begins
  // anew.
  bool follows(Duration receiver, Time now) const;
  void begin(Duration receiver, Time now) { offset_ = now.time_since_epoch() - receiver; }
  // nullopt: not plausible.
  std::optional<Time> at(Duration receiver, Time now) const;

 private:
  std::optional<Duration> offset_;
};

class SentPackets {
 public:
  static constexpr size_t kMinCapacity = 64;
  static constexpr size_t kMaxCapacity = 8192;
  static constexpr Duration kMemory = 3s;

  // Its transport-wide sequence number.
  uint16_t add(const SentPacket& packet) {
    if (must_grow(packet.sent)) grow();
    const int64_t sequence = next_++;
    Slot& slot = slots_[index(sequence)];
    if (is_stored(sequence - capacity())) forget(sequence - capacity(), slot);
    total_ += packet.size;
    slot.hold(packet, total_);
    return static_cast<uint16_t>(sequence);
  }

  // The number that add() will give.
  uint16_t next_sequence() const { return static_cast<uint16_t>(next_); }

  // What is new in the feedback, in the order of sending; valid until the next one.
  std::span<const PacketResult> on_feedback(const rtcp::TransportCc& feedback, Time now);
  std::span<const PacketResult> on_feedback(const rtcp::Ccfb& feedback, Time now);

  // Bytes sent after the newest packet that feedback has spoken of, as far as they are remembered.
  int64_t bytes_in_flight() const { return static_cast<uint32_t>(total_ - settled_total_); }
  // Of the newest feedback: the age of the newest packet in it, the time that the receiver held it included.
  // nullopt when it had no packet that is newer than all before.
  std::optional<Duration> rtt() const { return rtt_; }
  int64_t capacity() const { return static_cast<int64_t>(slots_.size()); }

 private:
  enum class State : uint8_t { kUnderWay, kLost, kReceived };
  struct Slot {
    SentPacket packet;
    uint32_t total = 0;  // of all bytes sent up to this packet, wrapped
    State state = State::kUnderWay;

    // Field by field, from registers: a compiler copies the whole through the stack, in pieces other than
    // those that were written there, and such a read waits until everything written before it has left the
    // core.
    void hold(const SentPacket& sent, uint32_t total_of_all) {
      packet.sent = sent.sent;
      packet.ssrc = sent.ssrc;
      packet.rtp_sequence = sent.rtp_sequence;
      packet.size = sent.size;
      packet.kind = sent.kind;
      packet.probe = sent.probe;
      total = total_of_all;
      state = State::kUnderWay;
    }
  };
  struct Stream {
    uint32_t ssrc;
    rtcp::Ccfb::Stream reports;
  };

  size_t index(int64_t sequence) const { return static_cast<size_t>(sequence) & (slots_.size() - 1); }
  bool is_stored(int64_t sequence) const { return sequence >= oldest_; }
  bool must_grow(Time now) const {
    if (next_ - oldest_ < capacity()) return false;
    return slots_.empty() || (slots_.size() < kMaxCapacity && is_awaited(slots_[index(next_)], now));
  }
  static bool is_awaited(const Slot& slot, Time now) {
    return slot.state == State::kUnderWay && now - slot.packet.sent < kMemory;
  }
  void grow();
  void forget(int64_t sequence, const Slot& slot);
  void settle(int64_t sequence, const Slot& slot);
  std::optional<int64_t> find(uint16_t sequence) const;
  void begin_results();
  void receive(int64_t sequence, std::optional<Time> arrived, Time now);
  void lose(int64_t sequence);
  void report(const Slot& slot, std::optional<Time> arrived);
  void sort_streams(const rtcp::Ccfb& feedback);
  std::optional<rtcp::Ccfb::Status> status_of(const SentPacket& packet) const;

  std::vector<Slot> slots_;
  int64_t next_ = 0;
  int64_t oldest_ = 0;  // remembered are [oldest_, next_)
  uint32_t total_ = 0;
  int64_t settled_ = -1;  // the newest that was spoken of
  uint32_t settled_total_ = 0;
  std::optional<Duration> rtt_;
  std::vector<PacketResult> results_;

  rtcp::ReferenceTime reference_;
  ReceiverTimeline transport_cc_time_;
  std::vector<Stream> streams_;  // of the feedback being read
  Unwrapper<uint32_t> report_time_;
  ReceiverTimeline ccfb_time_;
};

}  // namespace sfu::bwe
