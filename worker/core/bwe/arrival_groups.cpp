#include "core/bwe/arrival_groups.hpp"

#include <algorithm>

namespace sfu::bwe {

std::optional<ArrivalGroups::Step> ArrivalGroups::add(Time sent, Time arrived) {
  if (!current_) {
    current_ = {sent, sent, arrived, arrived};
    return std::nullopt;
  }
  if (sent < current_->first_sent) return std::nullopt;
  if (belongs(sent, arrived)) {
    current_->sent = std::max(current_->sent, sent);
    current_->arrived = std::max(current_->arrived, arrived);
    return std::nullopt;
  }
  const Step step = complete();
  current_ = {sent, sent, arrived, arrived};
  return step;
}

bool ArrivalGroups::belongs(Time sent, Time arrived) const {
  if (sent - current_->first_sent <= kBurst) return true;
  const Duration between = arrived - current_->arrived;
  const bool caught_up = between < sent - current_->sent;
  return caught_up && between <= kBurst && arrived - current_->first_arrived < kMaxBurst;
}

ArrivalGroups::Step ArrivalGroups::complete() {
  Step step{*current_, std::nullopt};
  if (previous_) {
    const Duration change = current_->delay() - previous_->delay();
    if (std::chrono::abs(change) <= kJump) step.delay_change = change;
  }
  previous_ = current_;
  return step;
}

}  // namespace sfu::bwe
