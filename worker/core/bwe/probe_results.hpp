// What came of a probe: the rate at which its packets left, and that at which they arrived. The smaller is
// what the link is known to carry.
#pragma once

#include <vector>

#include "core/bwe/probe.hpp"
#include "core/bwe/sent_packets.hpp"

namespace sfu::bwe {

class ProbeResults {
 public:
  // A probe that was not sent and reported until then has told nothing.
  static constexpr Duration kTimeout = 3s;
  static constexpr size_t kMinReceived = 4;
  static constexpr double kMinShare = 0.6;  // of its packets
  // Below this share of the rate at which it left, the link was saturated.
  static constexpr double kSaturated = 0.9;
  static constexpr double kMargin = 0.95;  // of what a saturated link carried: it shall not stay saturated
  // Packets that overtook each other by this share of the time in which all arrived: jitter was measured.
  static constexpr double kReordered = 0.25;
  // What arrives this much faster than it left was held up on the way, and tells nothing.
  static constexpr double kCompressed = 2;

  void expect(const Probe& probe, Time now);
  void add(const PacketResult& result);
  // The outcome, once, when all of it was reported or its time is over.
  std::optional<ProbeOutcome> take(Time now);

  bool is_expecting() const { return probe_.has_value(); }
  // Some of its packets were reported, not all: what the link shows now is the probe's work.
  bool is_under_way() const { return probe_ && reported_packets_ > 0; }
  Time deadline() const { return probe_ ? expected_ + kTimeout : kNever; }

 private:
  bool is_complete() const;
  bool is_reordered() const;
  ProbeOutcome measure() const;
  Bitrate sent_at() const;
  Bitrate arrived_at() const;

  std::optional<Probe> probe_;
  Time expected_{};
  size_t reported_packets_ = 0;
  int64_t reported_bytes_ = 0;
  std::vector<PacketResult> received_;
};

}  // namespace sfu::bwe
