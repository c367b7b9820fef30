#include "core/sctp/send_queue.hpp"

#include <algorithm>
#include <utility>

namespace sfu::sctp {

bool SendQueue::push(Message message, const Reliability& reliability) {
  const uint16_t id = message.stream;
  const size_t size = message.bytes.size();
  if (bytes_ + size > limits_.total || buffered(id) + size > limits_.per_stream) return false;
  if (messages_ >= limits_.total / 64 + 1024) return false;
  Stream& stream = streams_[id];
  if (stream.entries.empty() && !held_.contains(id)) turns_.push_back(id);
  stream.entries.push_back({std::move(message), reliability, std::nullopt});
  stream.bytes += size;
  bytes_ += size;
  ++messages_;
  if (reliability.max_packet_life_time) ++mortal_;
  return true;
}

const SendQueue::Entry* SendQueue::front() const {
  return turns_.empty() ? nullptr : &streams_.at(turns_.front()).entries.front();
}

void SendQueue::pop() {
  const uint16_t id = turns_.front();
  Stream& stream = streams_.at(id);
  turns_.pop_front();
  if (stream.entries.size() > 1) turns_.push_back(id);
  remove_front(id, stream);
  if (stream.entries.empty()) streams_.erase(id);
}

void SendQueue::expire(Time now) {
  if (mortal_ == 0) return;
  std::vector<uint16_t> emptied;
  for (auto& [id, stream] : streams_) {
    for (auto entry = stream.entries.rbegin(); entry != stream.entries.rend() && !entry->expires; ++entry) {
      const auto life = entry->reliability.max_packet_life_time;
      entry->expires = life ? now + std::chrono::milliseconds(*life) : kNever;
    }
    // One stream's messages have one life time as a rule (RFC 8832, 5.1), so the first is the first to die.
    while (!stream.entries.empty() && *stream.entries.front().expires < now) remove_front(id, stream);
    if (stream.entries.empty()) emptied.push_back(id);
  }
  for (const uint16_t id : emptied) forget(id);
}

void SendQueue::drop(uint16_t stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  for (const Entry& entry : found->second.entries) mortal_ -= entry.reliability.max_packet_life_time ? 1 : 0;
  bytes_ -= found->second.bytes;
  messages_ -= found->second.entries.size();
  forget(stream);
}

void SendQueue::hold(uint16_t stream) {
  held_[stream] = true;
  std::erase(turns_, stream);
}

void SendQueue::release(uint16_t stream) {
  if (held_.erase(stream) && streams_.contains(stream)) turns_.push_back(stream);
}

size_t SendQueue::buffered(uint16_t stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? 0 : found->second.bytes;
}

size_t SendQueue::threshold(uint16_t stream) const {
  const size_t* set = thresholds_.find(stream);
  return set ? *set : limits_.low_threshold;
}

void SendQueue::remove_front(uint16_t id, Stream& stream) {
  const Entry& entry = stream.entries.front();
  const size_t size = entry.message.bytes.size();
  const size_t low = threshold(id);
  if (stream.bytes > low && stream.bytes - size <= low) low_.push_back(id);
  if (entry.reliability.max_packet_life_time) --mortal_;
  stream.bytes -= size;
  bytes_ -= size;
  --messages_;
  stream.entries.pop_front();
}

void SendQueue::forget(uint16_t id) {
  streams_.erase(id);
  std::erase(turns_, id);
}

}  // namespace sfu::sctp
