#include "sim/link.hpp"

#include <algorithm>

namespace sfu::sim {

std::optional<Time> Link::carry(Time now, size_t bytes) {
  const Crossing crossing = cross(now, bytes);
  ++(crossing.arrives ? counts_.carried : counts_.lost);
  if (observer) observer(crossing);
  return crossing.arrives;
}

Link::Crossing Link::cross(Time now, size_t bytes) {
  Crossing out{.sent = now, .bytes = bytes};
  Time leaves = now;
  if (bottleneck_) {
    const auto passage = bottleneck_->carry(now, bytes);
    out.dropped = !passage;
    if (!passage) return out;
    out.waited = passage->waited;
    leaves = passage->leaves;
  }
  if (!loses()) out.arrives = arrival(leaves);
  return out;
}

bool Link::loses() {
  if (random_.real() < options_.loss) return true;
  if (options_.bursts.enter == 0) return false;
  if (random_.real() < (bad_ ? options_.bursts.leave : options_.bursts.enter)) bad_ = !bad_;
  return bad_;
}

Time Link::arrival(Time sent) {
  const Duration extra(random_.below(static_cast<uint32_t>(options_.jitter.count()) + 1));
  const Time at = sent + options_.delay + extra;
  newest_ = std::max(newest_, at);
  return options_.in_order ? newest_ : at;
}

}  // namespace sfu::sim
