// How much one participant has been speaking: the local processing of Volfin and Cohen, "Dominant speaker
// identification for multipoint videoconferencing" (Computer Speech & Language 27, 2013), with the levels of
// RFC 6464 in place of the audio's spectrum.
//
// Three intervals that end now, each counted in units of the one before:
//   immediate  one frame of 20 ms      how many of N1 = 13 bands are active
//   medium     N2 = 5 frames, 100 ms   how many frames are active
//   long       N3 = 10 mediums, 1 s    how many of them are active
// A count's score is the log-likelihood ratio of speech, where the count is binomially distributed, to the
// lack of it, where the distribution is exponential.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"
#include "core/router/noise_floor.hpp"

namespace sfu {

struct SpeechScores {
  // The paper compares scores by the logarithm of their ratio. So that there is one, no score is below this:
  // it means that there was no speech.
  static constexpr double kNone = 1e-10;

  double immediate = kNone;
  double medium = kNone;
  double long_term = kNone;
};

class SpeechActivity {
 public:
  // `level` as in RFC 6464: -dBov, 0 the loudest, 127 silent.
  void on_level(uint8_t level, Time now);
  SpeechScores scores(Time now);

 private:
  void advance_to(int64_t frame);
  uint8_t bands_at(int64_t frame) const;

  NoiseFloor noise_;
  uint64_t active_ = 0;  // one bit a frame, the newest lowest
  int64_t frame_ = 0;    // the newest
  int64_t heard_ = 0;    // that of the last packet
  uint8_t bands_ = 0;    // active ones, in that packet
};

}  // namespace sfu
