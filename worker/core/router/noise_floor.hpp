// How loud somebody's room is while nobody speaks in it: the quietest level of the last five to ten seconds.
// Speech has gaps between its words, a fan has none. Levels are those of RFC 6464: -dBov, 0 the loudest.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/time.hpp"

namespace sfu {

class NoiseFloor {
 public:
  // Below kQuietest nothing is told apart. Nothing above kLoudest passes for background, so that speech
  // without a gap (music, a tone) still counts. Until somebody has been quiet once, the room is taken for a
  // usual one.
  static constexpr uint8_t kQuietest = 70;
  static constexpr uint8_t kLoudest = 40;
  static constexpr uint8_t kUsual = 55;

  uint8_t level() const { return std::clamp(std::max(before_, recent_), kLoudest, kQuietest); }

  void on_level(uint8_t level, Time now) {
    if (level >= kDigitalSilence) return;
    if (now >= window_end_) turn_window(now);
    recent_ = std::max(recent_, level);
  }

 private:
  static constexpr Duration kWindow = 5s;
  static constexpr uint8_t kDigitalSilence = 127;  // a muted microphone says nothing about the room

  void turn_window(Time now) {
    before_ = recent_;
    recent_ = 0;
    window_end_ = now + kWindow;
  }

  uint8_t before_ = 0;       // the quietest of the window before
  uint8_t recent_ = kUsual;  // of the present one
  Time window_end_{};
};

}  // namespace sfu
