#include "core/rtp/history.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/check.hpp"

namespace sfu::rtp {

namespace {

constexpr size_t kFirstCapacity = 32;

}  // namespace

History::History(size_t max_packets, Duration max_age) : max_packets_(max_packets), max_age_(max_age) {
  CHECK(std::has_single_bit(max_packets));
}

void History::insert(PacketRef packet) {
  expire(packet->arrival);
  const int64_t sequence = packet->unwrapped_sequence;
  if (make_room(sequence)) slot(sequence) = std::move(packet);
}

PacketRef History::find(int64_t sequence, Time now) const {
  if (sequence < oldest_ || sequence > newest_) return {};
  const PacketRef& packet = slot(sequence);
  return packet && !expired(packet, now) ? packet : PacketRef{};
}

void History::expire(Time now) {
  while (!empty() && (!slot(oldest_) || expired(slot(oldest_), now))) slot(oldest_++) = {};
}

void History::clear() {
  slots_.clear();
  oldest_ = 0;
  newest_ = -1;
}

size_t History::size() const {
  return static_cast<size_t>(std::ranges::count_if(slots_, [](const PacketRef& p) { return bool{p}; }));
}

// Brings `sequence` between oldest_ and newest_, at the cost of the oldest. False: it is older than those
// that fit.
bool History::make_room(int64_t sequence) {
  const auto max = static_cast<int64_t>(max_packets_);
  if (empty() || sequence - newest_ >= max) {
    while (!empty()) slot(oldest_++) = {};
    oldest_ = newest_ = sequence;
  }
  if (newest_ - sequence >= max) return false;
  while (sequence - oldest_ >= max) slot(oldest_++) = {};
  const int64_t from = std::min(oldest_, sequence);
  const int64_t to = std::max(newest_, sequence);
  grow(static_cast<size_t>(to - from + 1));
  oldest_ = from;
  newest_ = to;
  return true;
}

void History::grow(size_t span) {
  if (span <= slots_.size()) return;
  std::vector<PacketRef> old(std::max({std::bit_ceil(span), kFirstCapacity}));
  std::swap(old, slots_);
  if (old.empty()) return;
  for (int64_t i = oldest_; i <= newest_; ++i)
    slot(i) = std::move(old[static_cast<uint64_t>(i) & (old.size() - 1)]);
}

}  // namespace sfu::rtp
