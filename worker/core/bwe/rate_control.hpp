// The rate that the delay allows: additive increase, multiplicative decrease (draft-ietf-rmcat-gcc-02, 5.5).
//
// An overused link carries what is acknowledged, and no more: that is its capacity. A decrease goes below it
// by as much as drains the queue within kDrain; when the queue is gone the rate returns to just below the
// capacity, and creeps on from there: by one packet in kPacketEvery response times, faster the longer the
// link has borne it. Equal flows add equally and give up proportionally, and so come to share equally.
// Where no capacity is known the rate grows by kGrowth in a second.
#pragma once

#include <optional>
#include <utility>

#include "core/base/bitrate.hpp"
#include "core/bwe/overuse.hpp"

namespace sfu::bwe {

class RateControl {
 public:
  static constexpr double kGrowth = 0.08;
  static constexpr double kReturn = 0.4;  // in a second, below kNear of the capacity
  static constexpr double kNear = 0.93;
  static constexpr double kExceeded = 1.12;  // of the capacity: it is not what it was
  static constexpr Duration kDrain = 600ms;
  static constexpr double kMinDecrease = 0.05;
  static constexpr double kMaxDecrease = 0.3;
  // A standing queue and an application that sends little leave doubt: no decrease is larger then.
  static constexpr double kDoubtfulDecrease = 0.15;
  static constexpr Bitrate kFloor = 30_kbps;
  static constexpr Time kLongAgo = Time(Duration::min() / 4);

  struct Observation {
    Usage trend = Usage::kNormal;
    bool queue_standing = false;
    bool queue_drained = true;
    Duration queue{};
    Time sent{};  // when the packets were sent that showed this
    std::optional<Bitrate> acknowledged;
    bool application_limited = false;
    Duration rtt{};
  };

  explicit RateControl(Bitrate initial) : rate_(initial) {}

  Bitrate rate() const { return rate_; }
  std::optional<Bitrate> capacity() const { return capacity_; }
  // The link has borne more than its capacity as it was known: true once for each time.
  bool take_exceeded() { return std::exchange(exceeded_, false); }

  void observe(const Observation& seen, Time now);
  // What a probe has shown: `saturated` when the link carried less than was sent.
  void on_probe(Bitrate measured, bool saturated, Time now);
  // Something else shows that the link carries no more than this.
  void on_limit(Bitrate limit, Time now);

 private:
  void decrease(const Observation& seen, double share, Time now);
  void increase(const Observation& seen, Duration elapsed, Time now);
  Bitrate added(const Observation& seen, Duration elapsed, Time now) const;
  void learn_capacity(Bitrate measured);

  Bitrate rate_;
  std::optional<Bitrate> capacity_;
  Time observed_ = kNever;
  Time decreased_ = kLongAgo;
  bool exceeded_ = false;
  bool overused_ = false;  // ever: before, a saturating probe is the better guess
};

}  // namespace sfu::bwe
