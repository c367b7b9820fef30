#include "core/bwe/acknowledged_rate.hpp"

#include <algorithm>

namespace sfu::bwe {

void AcknowledgedRate::add(Time sent, Time arrived, int64_t bytes) {
  // The receiver's clock was set back.
  if (!entries_.empty() && arrived < entries_.back().began - kMaxSpan) *this = {};
  if (entries_.empty() || arrived >= entries_.back().began + kTick)
    entries_.push_back({arrived, sent, arrived, 0, 0});
  Entry& newest = entries_.back();
  newest.sent = std::max(newest.sent, sent);
  newest.arrived = std::max(newest.arrived, arrived);
  newest.bytes += bytes;
  ++newest.packets;
  bytes_ += bytes;
  ++packets_;
  while (is_enough_without(entries_[first_])) drop_oldest();
}

bool AcknowledgedRate::is_enough_without(const Entry& oldest) const {
  if (first_ + 1 >= entries_.size()) return false;
  const Entry& next = entries_[first_ + 1];
  const Entry& newest = entries_.back();
  if (newest.arrived - oldest.arrived > kMaxSpan) return true;
  return packets_ - oldest.packets - next.packets >= kPackets && newest.arrived - next.arrived >= kMinSpan;
}

void AcknowledgedRate::drop_oldest() {
  bytes_ -= entries_[first_].bytes;
  packets_ -= entries_[first_].packets;
  ++first_;
  if (first_ * 2 < entries_.size()) return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

std::optional<Bitrate> AcknowledgedRate::get() const {
  if (entries_.empty()) return std::nullopt;
  const Entry& oldest = entries_[first_];
  const Entry& newest = entries_.back();
  const Duration span = std::max(newest.arrived - oldest.arrived, newest.sent - oldest.sent);
  if (span < kMinSpan) return std::nullopt;
  return Bitrate::of(bytes_ - oldest.bytes, span);
}

}  // namespace sfu::bwe
