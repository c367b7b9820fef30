// The rate that the delay allows: additive increase, multiplicative decrease (draft-ietf-rmcat-gcc-02, 5.5).
//
// An overused link carries what arrives, and no more: that is its capacity. A decrease goes below it by as
// much as drains the queue within kDrain. When the queue is gone the rate returns to just below the capacity,
// and creeps on from there, by half a packet in a response time, faster the longer the link has borne it.
// Where no capacity is known the rate grows by kGrowth in a second. It never grows far above what arrives:
// what is not sent is not tried out.
//
// On a shared link decreases are larger, and what is added does not depend on the rate: equal flows add
// equally and give up proportionally, and so come to share equally.
#pragma once

#include <optional>
#include <utility>

#include "core/base/bitrate.hpp"
#include "core/bwe/link_capacity.hpp"
#include "core/bwe/overuse.hpp"

namespace sfu::bwe {

class RateControl {
 public:
  static constexpr double kGrowth = 0.08;
  static constexpr double kReturn = 0.4;  // in a second, while below kNear of the capacity
  static constexpr double kNear = 0.93;
  static constexpr Duration kDrain = 600ms;
  static constexpr double kMinDecrease = 0.05;
  static constexpr double kMaxDecrease = 0.3;
  static constexpr double kSharedDecrease = 0.15;
  // A queue that only stands, and an application that sends little, leave doubt: no decrease is larger then.
  static constexpr double kDoubtfulDecrease = 0.15;
  static constexpr Duration kFull = 250ms;
  // The rate may be this much above what arrives.
  static constexpr double kUntried = 1.25;
  static constexpr Bitrate kUntriedMargin = 10_kbps;
  // Beyond the known capacity it grows only by what arrives, when that is this share of the rate.
  static constexpr double kTried = 0.9;
  static constexpr Duration kLongUntried = 3s;
  static constexpr Bitrate kFloor = 30_kbps;

  struct Observation {
    Usage trend = Usage::kNormal;
    bool queue_standing = false;
    bool queue_drained = true;
    Duration queue{};
    Time sent{};  // when the packets left that showed all this
    std::optional<Bitrate> arriving;
    double loss = 0;  // the share that did not arrive
    bool application_limited = false;
    Duration rtt{};
  };

  explicit RateControl(Bitrate initial) : rate_(initial) {}

  Bitrate rate() const { return rate_; }
  const LinkCapacity& capacity() const { return capacity_; }
  // Whether less has long arrived than the rate: then nothing shows what the link carries.
  bool is_untried(Time now) const { return tried_ != kNever && now - tried_ > kLongUntried; }
  // More arrived than the capacity as it was known: true once for each time.
  bool take_exceeded() { return std::exchange(exceeded_, false); }

  void observe(const Observation& seen, Time now);
  // What a probe has shown; `saturated`: the link carried less than was sent.
  void on_probe(Bitrate measured, bool saturated, Time now);
  // The loss shows that the link carries no more than this.
  void on_limit(Bitrate limit, Time now);
  // Just below this for a moment: the rate returns to what it was, unless something is learned from it.
  void try_below(Bitrate rate);

 private:
  static constexpr Time kLongAgo = Time(Duration::min() / 4);

  void decrease(const Observation& seen, double most, Time now);
  double share_to_give_up(Duration queue, double most) const;
  void increase(const Observation& seen, Duration elapsed, Time now);
  Bitrate added(const Observation& seen, Duration elapsed, Time now) const;
  Bitrate crept(Duration rtt, Duration elapsed, Time now) const;

  Bitrate rate_;
  LinkCapacity capacity_;
  Bitrate before_trial_;
  Time observed_ = kNever;
  Time decreased_ = kLongAgo;
  bool exceeded_ = false;
  Time tried_ = kNever;
};

}  // namespace sfu::bwe
