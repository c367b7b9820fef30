// At which rate what we sent has arrived lately: what the link is known to carry, and, while it is overused,
// all that it carries. Over the shortest time up to now that has kPackets and kMinSpan, up to kMaxSpan, by
// the receiver's clock or ours, whichever took longer: a burst that was held up on the way is no rate.
#pragma once

#include <optional>
#include <vector>

#include "core/base/bitrate.hpp"

namespace sfu::bwe {

class AcknowledgedRate {
 public:
  static constexpr int kPackets = 40;
  static constexpr Duration kMinSpan = 250ms;
  static constexpr Duration kMaxSpan = 1s;
  // Packets that arrived within it are one entry.
  static constexpr Duration kTick = 5ms;

  void add(Time sent, Time arrived, int64_t bytes);
  // nullopt while less than kMinSpan was received.
  std::optional<Bitrate> get() const;

 private:
  struct Entry {
    Time began;  // the first arrival
    Time sent;   // of the newest packet
    Time arrived;
    int64_t bytes = 0;
    int packets = 0;
  };

  bool is_enough_without(const Entry& oldest) const;
  void drop_oldest();

  std::vector<Entry> entries_;  // from first_ on
  size_t first_ = 0;
  int64_t bytes_ = 0;
  int packets_ = 0;
};

}  // namespace sfu::bwe
