// How loud the loudest are: the average of each producer's levels (RFC 6464) over an interval.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/flat_map.hpp"
#include "core/base/time.hpp"
#include "core/channel/messages.gen.hpp"

namespace sfu {

class AudioLevels {
 public:
  struct Options {
    size_t max_entries;
    int32_t threshold;  // dBov
    Duration interval;
  };

  explicit AudioLevels(const Options& options) : options_(options) {}

  void add(uint32_t producer) { sums_[producer]; }
  void remove(uint32_t producer) { sums_.erase(producer); }
  bool hears(uint32_t producer) const { return sums_.contains(producer); }
  // Somebody to hear, or a silence that was not told yet.
  bool has_work() const { return !sums_.empty() || told_volumes_; }

  // `level` as in RFC 6464: -dBov, 0 the loudest, 127 silent. Of a producer that was not added: nothing.
  void on_level(uint32_t producer, uint8_t level);
  // Ends an interval: who was heard in it, loudest first; none: silence from now on; nullopt: silence still.
  std::optional<channel::Volumes> end_interval();
  // Begins the interval anew.
  void restart_interval();

 private:
  struct Sum {
    uint64_t levels = 0;
    uint32_t samples = 0;
  };
  std::vector<channel::Volume> volumes() const;
  uint32_t needed_samples() const;

  Options options_;
  FlatMap<uint32_t, Sum> sums_;
  bool told_volumes_ = false;  // rather than silence
};

}  // namespace sfu
