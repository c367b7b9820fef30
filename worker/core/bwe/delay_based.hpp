// What the delay of the packets says about the link: groups of packets, the trend of their delay, the
// threshold that it is held against; and the queue that stands without growing, which no trend shows.
#pragma once

#include "core/bwe/arrival_groups.hpp"
#include "core/bwe/overuse.hpp"
#include "core/bwe/queueing_delay.hpp"
#include "core/bwe/trend_line.hpp"

namespace sfu::bwe {

class DelayBased {
 public:
  // A queue is standing above this and what jitter may feign.
  static constexpr Duration kStanding = 12ms;
  // One that stood for so long, whatever we did, is not of our making.
  static constexpr Duration kPatience = 8s;

  void add(Time sent, Time arrived);

  Usage trend() const { return trend_usage_; }
  bool is_queue_standing() const { return queue_.get() > limit(); }
  bool is_queue_drained() const { return queue_.get() <= kStanding / 2 + 4 * queue_.noise(); }
  // Without what jitter may feign.
  Duration queue() const { return std::max<Duration>(0ms, queue_.get() - 2 * queue_.noise()); }
  // When the newest packets that all this is drawn from were sent.
  Time sent() const { return sent_; }

 private:
  void reset();
  Duration limit() const { return kStanding + 5 * queue_.noise(); }
  void watch_queue(Time sent);

  ArrivalGroups groups_;
  TrendLine trend_line_;
  Overuse overuse_;
  QueueingDelay queue_;
  Usage trend_usage_ = Usage::kNormal;
  Time sent_{};
  Time standing_since_ = kNever;
};

}  // namespace sfu::bwe
