// What one transport can send (draft-ietf-rmcat-gcc-02): the smaller of what the delay and the loss of its
// packets allow, from the feedback about its own numbers alone, so that what others lost on their way to us
// never enters. Until there is feedback it is the initial rate.
//
// Each packet sent costs on_sent(), a few additions. Everything else happens when feedback comes or wake() is
// due. The estimate is within the limits, always.
#pragma once

#include <optional>
#include <span>

#include "core/bwe/acknowledged_rate.hpp"
#include "core/bwe/alr.hpp"
#include "core/bwe/delay_based.hpp"
#include "core/bwe/loss_based.hpp"
#include "core/bwe/probe_control.hpp"
#include "core/bwe/probe_results.hpp"
#include "core/bwe/rate_control.hpp"
#include "core/bwe/sent_packets.hpp"

namespace sfu::bwe {

class Estimator {
 public:
  static constexpr Bitrate kInitial = 600_kbps;
  // Faster than the media on average: a frame is sent before the next one comes. Where the path is known to
  // carry all that is wanted, bursts do no harm, and larger ones cost less.
  static constexpr double kPacing = 1.1;
  static constexpr double kPacingWithRoom = 2.5;
  // Feedback that is so late, besides the RTT, is missing. Then the estimate falls, step by step, until
  // there is some again: at once it is what it was, and what happened meanwhile is in the feedback.
  static constexpr Duration kSilence = 600ms;
  static constexpr double kSilenceStep = 0.85;
  static constexpr double kMinSilence = 0.3;

  explicit Estimator(Bitrate initial = kInitial);

  // The application's limits: state, applied at any time; 0: none. Where they contradict each other, the
  // maximum counts.
  void set_limits(Bitrate min, Bitrate max, Time now);
  // What the consumers could use at most: nobody needs to know whether the link would carry more.
  void set_wanted(Bitrate wanted, Time now);

  void on_sent(const SentPacket& packet) {
    if (unanswered_since_ == kNever) unanswered_since_ = packet.sent;
    alr_.on_sent(packet.size, packet.sent);
  }
  void on_feedback(std::span<const PacketResult> results, Time now);
  // Counts while there is no transport-wide feedback.
  void on_remb(Bitrate remb, Time now);
  void on_rtt(Duration rtt);

  Bitrate estimate() const { return estimate_; }
  // The path carries all that is wanted, as far as is known.
  bool has_room() const { return wanted_ > Bitrate{} && estimate_ >= wanted_; }
  Bitrate pacing_rate() const { return estimate_ * (has_room() ? kPacingWithRoom : kPacing); }
  // The share that was lost of what was sent in the last second.
  double loss() const { return loss_based_.loss(); }
  // At most one is under way.
  std::optional<Probe> take_probe(Time now);

  Time deadline() const;
  void wake(Time now);

  // Transport-wide feedback was ever received; that, or REMB.
  bool has_feedback() const { return has_feedback_; }
  bool has_estimate() const { return has_feedback_ || remb_.has_value(); }

 private:
  void read(const PacketResult& result);
  void control_rate(Time now);
  void weigh_loss(Time now);
  void finish_probe(Time now);
  ProbeControl::State probe_state(Time now) const;
  void update(Time now);
  Bitrate limited(Bitrate rate) const;
  Time silence_deadline() const;

  Bitrate min_;
  Bitrate max_;
  Bitrate wanted_;
  std::optional<Bitrate> remb_;
  Duration rtt_ = 100ms;
  bool has_feedback_ = false;

  DelayBased delay_based_;
  LossBased loss_based_;
  AcknowledgedRate acknowledged_;
  Alr alr_;
  RateControl rate_control_;
  ProbeControl probe_control_;
  ProbeResults probe_results_;

  Time unanswered_since_ = kNever;
  double silence_ = 1;
  Bitrate estimate_;
};

}  // namespace sfu::bwe
