#include "core/rtp/missing.hpp"

#include <algorithm>

namespace sfu::rtp {

bool Missing::on_packet(int64_t sequence, bool retransmission, Time now) {
  if (!started_) {
    started_ = true;
    newest_ = sequence;
    return false;
  }
  if (sequence <= newest_) return fill(sequence, retransmission, now);
  note_gap(sequence, now);
  newest_ = sequence;
  return false;
}

void Missing::note_gap(int64_t end, Time now) {
  std::erase_if(pending_, [&](const Entry& entry) { return end - entry.sequence > kMaxDistance; });
  const auto gap = static_cast<uint64_t>(end - newest_ - 1);
  if (gap == 0) return;
  if (gap + pending_.size() > kMaxPending) {
    pending_.clear();
    key_frame_needed_ = true;
    return;
  }
  const Time due = now + wait_;
  deadline_ = std::min(deadline(), due);
  for (int64_t i = newest_ + 1; i < end; ++i) pending_.push_back({i, now, due, 0});
}

bool Missing::fill(int64_t sequence, bool retransmission, Time now) {
  const auto found = std::ranges::lower_bound(pending_, sequence, {}, &Entry::sequence);
  if (found == pending_.end() || found->sequence != sequence) return false;
  learn_wait(*found, retransmission, now);
  pending_.erase(found);
  return true;
}

// A packet that comes by itself was late; one that had to be asked for was lost, and speaks against waiting.
void Missing::learn_wait(const Entry& entry, bool retransmission, Time now) {
  const Duration late = now - entry.noted;
  if (retransmission || late > kMaxWait)
    wait_ -= wait_ / 8;
  else
    wait_ = std::max(wait_, std::min(late * 3 / 2, kMaxWait));
}

std::span<const uint16_t> Missing::collect(Time now, Duration rtt) {
  const Duration spacing = std::max(rtt > Duration{} ? rtt : kDefaultRtt, kMinSpacing);
  due_.clear();
  std::erase_if(pending_, [&](const Entry& entry) {
    return now - entry.noted > kMaxTime || (entry.requests == kMaxRequests && entry.due <= now);
  });
  deadline_ = kNever;
  for (Entry& entry : pending_) {
    if (entry.due <= now) {
      due_.push_back(static_cast<uint16_t>(entry.sequence));
      entry.due = now + spacing;
      ++entry.requests;
    }
    deadline_ = std::min(deadline_, entry.due);
  }
  return due_;
}

}  // namespace sfu::rtp
