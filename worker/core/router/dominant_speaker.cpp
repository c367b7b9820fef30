#include "core/router/dominant_speaker.hpp"

#include <cmath>
#include <tuple>

namespace sfu {
namespace {

// By how much a challenger's relative score has to exceed the dominant speaker's: C1, C2 and C3 of the paper.
constexpr double kImmediateMargin = 3, kMediumMargin = 2, kLongMargin = 0;

double relative(double challenger, double dominant) { return std::log(challenger / dominant); }

// The first two margins are such that only silence is exceeded by them, of an instant and of a tenth of a
// second: nobody is interrupted. The third asks who spoke more of the last second.
bool outspeaks(const SpeechScores& challenger, const SpeechScores& dominant) {
  return relative(challenger.immediate, dominant.immediate) > kImmediateMargin &&
         relative(challenger.medium, dominant.medium) > kMediumMargin &&
         relative(challenger.long_term, dominant.long_term) > kLongMargin;
}

struct Challenger {
  uint32_t producer;
  SpeechScores scores;

  // Of several the paper takes the one with the highest medium score; among equals, the other scores decide,
  // then who was made first.
  bool beats(const Challenger& other) const {
    const auto rank = [](const Challenger& c) {
      return std::tuple(c.scores.medium, c.scores.long_term, c.scores.immediate, ~c.producer);
    };
    return rank(*this) > rank(other);
  }
};

}  // namespace

void DominantSpeaker::remove(uint32_t producer) {
  speakers_.erase(producer);
  if (dominant_ == producer) dominant_.reset();
}

void DominantSpeaker::on_level(uint32_t producer, uint8_t level, Time now) {
  if (SpeechActivity* speaker = speakers_.find(producer)) speaker->on_level(level, now);
}

std::optional<uint32_t> DominantSpeaker::decide(Time now) {
  const SpeechScores dominant = dominant_ ? speakers_.find(*dominant_)->scores(now) : SpeechScores{};
  std::optional<Challenger> best;
  speakers_.each([&](uint32_t producer, SpeechActivity& speaker) {
    const Challenger challenger{producer, speaker.scores(now)};
    if (outspeaks(challenger.scores, dominant) && (!best || challenger.beats(*best))) best = challenger;
  });
  if (!best) return std::nullopt;
  dominant_ = best->producer;
  return dominant_;
}

}  // namespace sfu
