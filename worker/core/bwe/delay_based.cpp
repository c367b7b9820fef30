#include "core/bwe/delay_based.hpp"

namespace sfu::bwe {

void DelayBased::add(Time sent, Time arrived) {
  const auto step = groups_.add(sent, arrived);
  if (!step) return;
  if (!step->delay_change) reset();
  const auto& group = step->group;
  sent_ = group.sent;
  queue_.add(group.delay(), group.sent);
  watch_queue(group.sent);
  if (!step->delay_change) return;
  const auto trend = trend_line_.add(*step->delay_change, group.arrived);
  if (!trend) return;
  trend_usage_ = overuse_.add(trend->slope, group.arrived);
  if (trend->rise < 3 * queue_.noise() && trend_usage_ == Usage::kOver) trend_usage_ = Usage::kNormal;
}

// The receiver's clock jumped, or the path is another one: no delay can be compared with the former.
void DelayBased::reset() {
  trend_line_.reset();
  queue_.reset();
  trend_usage_ = Usage::kNormal;
}

void DelayBased::watch_queue(Time sent) {
  if (!is_queue_standing()) {
    standing_since_ = kNever;
  } else if (standing_since_ == kNever) {
    standing_since_ = sent;
  } else if (sent - standing_since_ > kPatience) {
    queue_.accept(sent);
  }
}

}  // namespace sfu::bwe
