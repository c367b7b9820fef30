#include "sim/bottleneck.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace sfu::sim {

Bottleneck::Bottleneck(Time start, std::vector<Step> schedule, Queue queue)
    : start_(start), schedule_(std::move(schedule)), queue_(queue) {
  CHECK(!schedule_.empty() && schedule_.front().at == 0us && schedule_.back().rate.bps > 0);
}

std::optional<Bottleneck::Passage> Bottleneck::carry(Time now, size_t bytes) {
  for (; !waiting_.empty() && waiting_.front().leaves <= now; waiting_.pop_front())
    waiting_bytes_ -= waiting_.front().bytes;
  const Time begins = std::max(now, idle_from_);
  const auto size = static_cast<int64_t>(bytes);
  if (waiting_bytes_ + size > queue_.max_bytes || begins - now > queue_.max_wait) {
    ++counts_.dropped;
    return std::nullopt;
  }
  idle_from_ = transmit(begins, bytes);
  waiting_.push_back({idle_from_, size});
  waiting_bytes_ += size;
  ++counts_.carried;
  counts_.bytes += size;
  return Passage{begins - now, idle_from_};
}

Bitrate Bottleneck::rate_at(Time at) const { return schedule_[step_at(at)].rate; }

size_t Bottleneck::step_at(Time at) const {
  const auto later = std::ranges::upper_bound(schedule_, at - start_, {}, &Step::at);
  return later == schedule_.begin() ? 0 : static_cast<size_t>(later - schedule_.begin()) - 1;
}

Time Bottleneck::end_of(size_t step) const {
  return step + 1 < schedule_.size() ? start_ + schedule_[step + 1].at : kNever;
}

// When the last bit has left, at whatever rates hold meanwhile.
Time Bottleneck::transmit(Time begins, size_t bytes) const {
  int64_t rest = static_cast<int64_t>(bytes) * 8'000'000;  // bits, in units of one bit/s for 1 us
  Time at = begins;
  for (size_t step = step_at(begins);; ++step) {
    const Bitrate rate = schedule_[step].rate;
    const Time end = end_of(step);
    if (rate.bps > 0) {
      const Duration needed((rest + rate.bps - 1) / rate.bps);
      if (end == kNever || at + needed <= end) return at + needed;
      rest -= rate.bps * (end - at).count();
    }
    at = end;
  }
}

}  // namespace sfu::sim
