// Which of a producer's streams one consumer is to get (simulcast). Going there takes a key frame of that
// stream. One that does not come within kPatience is waited for no longer: another stream takes its place,
// and it is tried again after kRetry. As long as any stream is being sent, the consumer goes for one that is.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.hpp"

namespace sfu {

class StreamSwitch {
 public:
  static constexpr Duration kPatience = 2s;
  static constexpr Duration kRetry = 5s;

  // The stream to go to; `alive` and `current`, one bit each, are those that are being sent and the one that
  // is forwarded (nullopt: none).
  uint8_t choose(uint8_t desired, uint32_t alive, std::optional<uint8_t> current, Time now);
  // That which choose() said last; nullopt: it has not been asked since reset().
  std::optional<uint8_t> target() const { return target_; }
  void reset() { *this = {}; }

 private:
  std::optional<uint8_t> target_;
  Time since_{};
  uint32_t refused_ = 0;  // those whose key frame did not come
  Time refused_at_{};
};

}  // namespace sfu
