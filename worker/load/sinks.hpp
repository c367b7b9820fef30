// The consumers whose packets a load generator checks instead of telling of them: that they are what a source
// sent, that none is missing, and how long each took.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"
#include "core/channel/messages.gen.hpp"

namespace sfu::load {

class Sinks {
 public:
  void start(uint32_t consumer) { sinks_.try_emplace(consumer); }
  bool has(uint32_t consumer) const { return sinks_.contains(consumer); }
  void receive(uint32_t consumer, Bytes packet, Time arrived);
  // Since the last time.
  channel::SinkStats take();

 private:
  // Up to 64 µs one each, then 32 for each doubling: 3 %.
  static constexpr size_t kFine = 64, kSteps = 32, kBuckets = kFine + kSteps * 20;

  static size_t bucket_of(Duration delay);
  static uint32_t upper_bound(size_t bucket);

  struct Sink {
    uint32_t stream = 0;
    std::optional<uint32_t> next{};  // number
  };
  void count(Sink& sink, uint32_t stream, uint32_t number);
  std::map<uint32_t, Sink> sinks_;
  channel::SinkStats stats_;
  std::array<uint64_t, kBuckets> delays_{};
};

}  // namespace sfu::load
