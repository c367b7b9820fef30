// Messages that wait to be sent, a queue a stream. The streams take turns, a message each.
//
// Guarantee: no stream has more bytes waiting than limits.per_stream, all together no more than limits.total,
// in no more messages than limits.total / 64 + 1024 (a message costs more than its bytes).
#pragma once

#include <deque>
#include <list>
#include <unordered_map>

#include "core/base/flat_map.hpp"
#include "core/base/time.hpp"
#include "core/sctp/message.hpp"

namespace sfu::sctp {

class SendQueue {
 public:
  struct Limits {
    size_t total = 0;
    size_t per_stream = 0;
    size_t low_threshold = 0;  // of each stream, until it is set
  };
  struct Entry {
    Message message;
    Reliability reliability;
    std::optional<Time> expires;
  };

  explicit SendQueue(const Limits& limits) : limits_(limits) {}

  // False when a limit would be passed.
  bool push(Message message, const Reliability& reliability);
  // Whose turn it is; nullptr when nothing may be sent.
  const Entry* front() const;
  void pop();
  // Drops what has waited longer than its life time. A message's life begins at the first call after its
  // push.
  void expire(Time now);
  void drop(uint16_t stream);

  // Nothing of a held stream is sent.
  void hold(uint16_t stream);
  void release(uint16_t stream);

  size_t buffered(uint16_t stream) const;
  bool empty() const { return streams_.empty(); }
  void set_low_threshold(uint16_t stream, size_t bytes) { thresholds_[stream] = bytes; }
  // The streams whose bytes fell to their threshold from above it by pop() or expire(); he who takes them
  // clears them.
  std::vector<uint16_t>& low() { return low_; }

 private:
  struct Stream {
    std::list<Entry> entries;
    size_t bytes = 0;
  };
  size_t threshold(uint16_t stream) const;
  void remove_front(uint16_t id, Stream& stream);
  void forget(uint16_t id);

  Limits limits_;
  std::unordered_map<uint16_t, Stream> streams_;  // that have something waiting
  std::deque<uint16_t> turns_;                    // of those, the ones that are not held
  FlatMap<uint16_t, bool> held_;
  FlatMap<uint16_t, size_t> thresholds_;
  std::vector<uint16_t> low_;
  size_t bytes_ = 0;
  size_t messages_ = 0;
  size_t mortal_ = 0;  // messages with a life time
};

}  // namespace sfu::sctp
