// What one transport may send, and when: the estimate of its path's capacity, the pacer, the probe under way,
// and the numbers by which the client's feedback names our packets. Transport asks it for every packet.
//
// It rules as long as the client gives feedback. One that announced it and stays silent is taken for one that
// cannot: after kPatience it gets everything, unpaced, as do the clients that never announced any.
#pragma once

#include <optional>

#include "core/bwe/estimator.hpp"
#include "core/bwe/pacer.hpp"
#include "core/bwe/sent_packets.hpp"

namespace sfu {

class Congestion {
 public:
  static constexpr Duration kPatience = 2s;
  static constexpr Duration kDefaultRtt = 100ms;

  // 0: nobody has said, so the usual.
  explicit Congestion(Bitrate initial)
      : estimator_(initial > Bitrate{} ? initial : bwe::Estimator::kInitial) {}

  bwe::Estimator& estimator() { return estimator_; }
  const bwe::Estimator& estimator() const { return estimator_; }

  // The client will send feedback of what carries our numbers; of REMB we know when it comes.
  void expect_feedback() {
    expected_ = true;
    // The first thing that is sent is a key frame: it is paced too.
    if (!first_sent_) pacer_.set_rate(estimator_.pacing_rate(), Time{});
  }
  bool rules(Time now) const {
    if (estimator_.has_estimate()) return true;
    return expected_ && (!first_sent_ || now - *first_sent_ < kPatience);
  }
  // At least so much is sent whatever the estimate: beside others who fill the path it falls to nothing, and
  // nobody shall go black.
  void set_granted(Bitrate granted) { granted_ = granted; }

  // ---- sending
  bool may_send(Time now) { return pacer_.open(now); }
  Time opens(Time now) { return pacer_.opens(now); }
  int64_t slot_bytes() const { return pacer_.slot_bytes(); }
  Duration rtt() const { return sent_.rtt().value_or(kDefaultRtt); }
  uint16_t next_sequence() const { return sent_.next_sequence(); }
  // A packet that carries next_sequence(). Inline: its fields go from registers to where they are remembered.
  void on_sent_numbered(bwe::SentPacket packet) {
    if (probe_) packet.probe = count_to_probe(packet.size, packet.sent);
    sent_.add(packet);
    estimator_.on_sent(packet);
  }
  // Any packet of RTP.
  void on_sent(int64_t bytes, Time now) {
    if (!first_sent_) first_sent_ = now;
    pacer_.on_sent(bytes);
  }
  // Whether packets are wanted that carry nothing new, for the probe's sake.
  bool wants_padding() const { return probe_.has_value(); }
  // Nobody has any to give.
  void abandon_probe() { probe_.reset(); }

  // ---- feedback
  template <class Feedback>
  void on_feedback(const Feedback& feedback, Time now) {
    const auto results = sent_.on_feedback(feedback, now);
    if (const auto rtt = sent_.rtt()) estimator_.on_rtt(*rtt);
    estimator_.on_feedback(results, now);
    update(now);
  }
  void on_remb(Bitrate bitrate, Time now) {
    estimator_.on_remb(bitrate, now);
    update(now);
  }
  Time deadline() const { return estimator_.deadline(); }
  void wake(Time now) {
    estimator_.wake(now);
    update(now);
  }
  // After anything that may have changed the estimate: the pacer's rate, and the next probe.
  void update(Time now);

 private:
  struct RunningProbe {
    bwe::Probe plan;
    int64_t bytes = 0;
    size_t packets = 0;
  };
  int32_t count_to_probe(int64_t bytes, Time now);

  bwe::SentPackets sent_;
  bwe::Estimator estimator_;
  bwe::Pacer pacer_;
  std::optional<RunningProbe> probe_;
  std::optional<Time> first_sent_;
  Bitrate granted_;
  bool expected_ = false;
};

}  // namespace sfu
