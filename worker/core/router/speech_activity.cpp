#include "core/router/speech_activity.hpp"

#include <array>
#include <bit>
#include <cmath>

namespace sfu {
namespace {

constexpr Duration kFrame = 20ms;
constexpr int kBands = 13;        // N1
constexpr int kMediumFrames = 5;  // N2
constexpr int kLongMediums = 10;  // N3
constexpr int kLongFrames = kMediumFrames * kLongMediums;

// The paper splits the spectrum into bands and counts those that stand out of the noise. A level has no
// spectrum, but the louder speech is over the noise, the more of its bands are: one for each 3 dB, so that
// ordinary speech, some 20 dB above, has half of them, as the binomial distribution expects.
constexpr int kDecibelsPerBand = 3;

// Packets come less often than frames (up to 120 ms of Opus each), in bursts, or are lost. For so long the
// last one still holds; then whoever is not heard is silent.
constexpr int64_t kHeldFrames = 4;

// A medium interval is active when most of its frames are.
constexpr int kMediumActive = kMediumFrames / 2 + 1;
// Fewer active mediums than this in a second are a cough or a door. The ratio below takes even one for
// speech, which is right only while somebody else is speaking.
constexpr int kLongActive = 3;

constexpr double kActiveInSpeech = 0.5;  // p of the binomial distribution
constexpr double kImmediateDecay = 0.78, kMediumDecay = 24, kLongDecay = 47;  // lambda of the exponential one

double log_binomial_coefficient(int of, int chosen) {
  double sum = 0;
  for (int i = 1; i <= chosen; ++i) sum += std::log(of - chosen + i) - std::log(i);
  return sum;
}

// log( C(N, v) p^v (1 - p)^(N - v)  /  (lambda e^(-lambda v)) )
double log_likelihood_ratio(int active, int of, double decay) {
  return log_binomial_coefficient(of, active) + active * std::log(kActiveInSpeech) +
         (of - active) * std::log(1 - kActiveInSpeech) - std::log(decay) + decay * active;
}

// The score of each count. The ratio falls again where more is active than speech is expected to have; but
// louder is not less speech, so the score does not.
template <int N>
std::array<double, N + 1> score_table(double decay) {
  std::array<double, N + 1> table;
  double highest = SpeechScores::kNone;
  for (int active = 0; active <= N; ++active)
    table[static_cast<size_t>(active)] = highest = std::max(highest, log_likelihood_ratio(active, N, decay));
  return table;
}

const auto kImmediateScores = score_table<kBands>(kImmediateDecay);
const auto kMediumScores = score_table<kMediumFrames>(kMediumDecay);
const auto kLongScores = score_table<kLongMediums>(kLongDecay);

int64_t frame_of(Time at) { return at.time_since_epoch() / kFrame; }

uint8_t bands_above(uint8_t noise, uint8_t level) {
  return static_cast<uint8_t>(std::clamp((noise - level) / kDecibelsPerBand, 0, kBands));
}

// Speech is likelier than not.
bool is_active(uint8_t bands) { return kImmediateScores[bands] > SpeechScores::kNone; }

// In the medium interval that ended `mediums_ago` mediums ago.
size_t active_frames(uint64_t frames, int mediums_ago) {
  constexpr uint64_t kMask = (uint64_t{1} << kMediumFrames) - 1;
  return static_cast<size_t>(std::popcount((frames >> (mediums_ago * kMediumFrames)) & kMask));
}

size_t active_mediums(uint64_t frames) {
  size_t count = 0;
  for (int ago = 0; ago < kLongMediums; ++ago) count += active_frames(frames, ago) >= kMediumActive;
  return count;
}

}  // namespace

void SpeechActivity::on_level(uint8_t level, Time now) {
  noise_.on_level(level, now);
  advance_to(frame_of(now));
  const uint8_t bands = bands_above(noise_.level(), level);
  // Of packets that arrive in one frame the loudest counts.
  bands_ = heard_ == frame_ ? std::max(bands_, bands) : bands;
  heard_ = frame_;
  active_ = (active_ & ~uint64_t{1}) | (is_active(bands_) ? 1 : 0);
}

SpeechScores SpeechActivity::scores(Time now) {
  advance_to(frame_of(now));
  const size_t mediums = active_mediums(active_);
  return {.immediate = kImmediateScores[bands_at(frame_)],
          .medium = kMediumScores[active_frames(active_, 0)],
          .long_term = mediums < kLongActive ? SpeechScores::kNone : kLongScores[mediums]};
}

// A frame that is not later, as of a packet that another one has overtaken, changes nothing.
void SpeechActivity::advance_to(int64_t frame) {
  for (int64_t next = std::max(frame_ + 1, frame - kLongFrames + 1); next <= frame; ++next)
    active_ = active_ << 1 | (is_active(bands_at(next)) ? 1 : 0);
  frame_ = std::max(frame_, frame);
}

uint8_t SpeechActivity::bands_at(int64_t frame) const {
  return frame - heard_ <= kHeldFrames ? bands_ : uint8_t{0};
}

}  // namespace sfu
