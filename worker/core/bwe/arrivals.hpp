// The packets that the transport-wide feedback owes the sender. Each packet is acknowledged exactly once, in
// the next feedback after it arrived; what is missing below the newest packet is reported lost once. One
// that comes after all, within kWindow packets of the newest, is acknowledged then. A duplicate is ignored.
#pragma once

#include <vector>

#include "core/base/sequence.hpp"
#include "core/base/time.hpp"
#include "core/rtcp/builder.hpp"

namespace sfu::bwe {

class Arrivals {
 public:
  static constexpr int64_t kWindow = 1024;
  static constexpr Duration kInterval = 100ms;
  // More than kMany packets are worth a feedback sooner: about 2.4 Mbit/s.
  static constexpr size_t kMany = 20;
  static constexpr Duration kShortInterval = 50ms;

  // `media_ssrc` names the transport's stream in the feedback; any of them will do.
  void on_packet(uint16_t sequence, Time arrival, uint32_t media_ssrc);

  // When to write feedback; kNever when none is owed.
  Time deadline() const;
  // Writes what is owed. True when not all of it fitted: write the rest to another, empty datagram of
  // Builder::kMaxSize.
  bool write_feedback(rtcp::Builder& out, uint32_t sender_ssrc);

 private:
  Time& slot(int64_t sequence) { return slots_[static_cast<size_t>(sequence & (kWindow - 1))]; }
  bool is_owed(int64_t sequence);
  int64_t newest() const { return *order_.newest(); }
  bool begins_anew(uint16_t sequence);
  void start(uint16_t sequence);
  void move_to(int64_t newest);
  void forget(int64_t sequence);
  bool report_late(rtcp::Builder& out, uint32_t sender_ssrc);
  int64_t report(int64_t first, int64_t end, rtcp::Builder& out, uint32_t sender_ssrc);

  Unwrapper<uint16_t> order_;
  std::vector<Time> slots_;  // kNever: not received; kReported: acknowledged
  int64_t next_ = 0;         // all below were reported, received or lost
  int64_t late_ = 0;         // where below next_ to look for packets that are owed; next_: nowhere
  size_t owed_ = 0;
  Time owed_since_ = kNever;
  std::optional<uint16_t> new_beginning_;
  uint32_t media_ssrc_ = 0;
  uint8_t feedback_count_ = 0;
};

}  // namespace sfu::bwe
