// What a real-time encoder makes of a camera's pictures, as far as a network sees it: 30 frames a second
// whose sizes vary with what is seen, key frames on request five to eight times as large, and a rate control
// that pays for them with the frames that follow, so that the mean rate is the target's.
//
// Temporal layers, by the frame's place after a key frame (T), and which frame each refers to:
//
//   2 layers   T0  T1  T0 …        T1: the T0 before it; T0: the T0 before it
//   3 layers   T0  T2  T1  T2 …    the first T2 and T1: the T0 before them; the second T2: T1
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bitrate.hpp"
#include "core/base/random.hpp"

namespace sfu::sim {

struct SizedFrame {
  bool key = false;
  uint8_t temporal_layer = 0;
  bool layer_sync = false;   // refers to the lowest temporal layer only
  bool discardable = false;  // nothing refers to it
  uint32_t number = 0;
  uint32_t refers_to = 0;  // itself: a key frame
  uint8_t tl0_index = 0;   // counts the frames of the lowest temporal layer
  size_t bytes = 0;
};

class RateEncoder {
 public:
  static constexpr int64_t kFrameRate = 30;
  static constexpr Duration kFrameInterval{33'333};
  struct Options {
    Bitrate rate;
    uint8_t temporal_layers = 1;  // to 3
  };
  // The shares of the rate that the temporal layers up to one take together.
  static double share_up_to(uint8_t temporal_layer, uint8_t layers);

  RateEncoder(const Options& options, uint64_t seed) : options_(options), random_(seed) {}

  SizedFrame next(bool key);
  const Options& options() const { return options_; }

 private:
  struct Place {
    uint8_t temporal_layer = 0;
    uint8_t back = 1;  // to the frame that it refers to
    bool discardable = false;
    bool sync = false;
  };

  Place place() const;
  size_t size(const Place& place, bool key);
  double noise();

  Options options_;
  Random random_;
  uint32_t frames_ = 0;
  uint32_t since_key_ = 0;
  uint8_t tl0_index_ = 0;
  double complexity_ = 0;  // of what is seen: wanders around 0
  double debt_ = 0;        // bytes made beyond the target
};

}  // namespace sfu::sim
