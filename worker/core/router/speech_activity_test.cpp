#include "core/router/speech_activity.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

constexpr uint8_t kSpeech = 30, kQuiet = 75;

struct Participant {
  SpeechActivity activity;
  Time now{100s};

  void hear(uint8_t level, Duration duration, Duration packet = 20ms) {
    for (const Time end = now + duration; now < end; now += packet) activity.on_level(level, now);
  }
  SpeechScores scores() { return activity.scores(now); }
};

bool silent(const SpeechScores& scores) {
  return scores.immediate == SpeechScores::kNone && scores.medium == SpeechScores::kNone &&
         scores.long_term == SpeechScores::kNone;
}

}  // namespace

TEST_CASE("who never sent anything, sends silence or a quiet room has no scores") {
  Participant nobody, muted, quiet;
  CHECK(silent(nobody.scores()));
  muted.hear(127, 2s);
  CHECK(silent(muted.scores()));
  quiet.hear(kQuiet, 2s);
  CHECK(silent(quiet.scores()));
}

TEST_CASE("the scores are the paper's ratios of likelihoods") {
  Participant speaker;
  speaker.hear(kQuiet, 1s);
  speaker.hear(kSpeech + 22, 1s);  // 18 dB above the floor: 6 of 13 bands
  const SpeechScores scores = speaker.scores();
  CHECK(scores.immediate == doctest::Approx(3.3652).epsilon(0.001));  // log(C(13,6) / 2^13 / 0.78) + 0.78 * 6
  CHECK(scores.medium == doctest::Approx(113.356).epsilon(0.001));    // log(1 / 2^5 / 24) + 24 * 5
  CHECK(scores.long_term == doctest::Approx(459.218).epsilon(0.001));  // log(1 / 2^10 / 47) + 47 * 10
}

TEST_CASE("each score grows with the activity in its interval, and louder is never less") {
  Participant speaker;
  speaker.hear(kQuiet, 1s);
  speaker.hear(kSpeech, 60ms);
  const SpeechScores early = speaker.scores();
  speaker.hear(kSpeech, 340ms);
  const SpeechScores later = speaker.scores();
  CHECK(early.long_term == SpeechScores::kNone);
  CHECK(later.medium > early.medium);
  CHECK(later.long_term > early.long_term);
  double before = 0;
  for (uint8_t level = 60; level-- > 0;) {
    speaker.hear(level, 20ms);
    CHECK(speaker.scores().immediate >= before);
    before = speaker.scores().immediate;
  }
}

TEST_CASE("a short noise, whenever it begins, is nothing to the long interval") {
  for (const Duration offset : {0ms, 20ms, 40ms, 60ms, 80ms}) {
    Participant coughing;
    coughing.hear(kQuiet, 1s + offset);
    coughing.hear(15, 100ms);
    for (int i = 0; i < 20; ++i) {
      CHECK(coughing.scores().long_term == SpeechScores::kNone);
      coughing.now += 20ms;  // and then not even packets
    }
  }
}

TEST_CASE("packets of any length, bursts and single losses leave the scores as they are") {
  Participant usual, lengthy, bursty, lossy;
  usual.hear(kSpeech, 2s);
  lengthy.hear(kSpeech, 2s, 60ms);
  for (int i = 0; i < 20; ++i) {
    for (int packet = 0; packet < 5; ++packet) bursty.activity.on_level(kSpeech, bursty.now);
    bursty.now += 100ms;
  }
  for (int i = 0; i < 100; ++i, lossy.now += 20ms)
    if (i % 3 != 0) lossy.activity.on_level(kSpeech, lossy.now);
  for (Participant* each : {&lengthy, &bursty, &lossy}) {
    each->now = usual.now;
    CHECK(each->activity.scores(usual.now - 20ms).long_term == usual.scores().long_term);
    CHECK(each->activity.scores(usual.now - 20ms).immediate == usual.scores().immediate);
  }
}

TEST_CASE("who is not heard any more is silent, soon at once and after a second in all") {
  Participant gone;
  gone.hear(kSpeech, 2s);
  gone.now += 40ms;
  CHECK(gone.scores().immediate > SpeechScores::kNone);
  gone.now += 200ms;
  CHECK(gone.scores().immediate == SpeechScores::kNone);
  CHECK(gone.scores().medium == SpeechScores::kNone);
  CHECK(gone.scores().long_term > SpeechScores::kNone);
  gone.now += 1s;
  CHECK(silent(gone.scores()));
  gone.hear(kSpeech, 20ms);
  gone.now += 1000h;
  CHECK(silent(gone.scores()));
}

TEST_CASE("of packets that arrive together the loudest counts, and one from the past does no harm") {
  Participant speaker;
  speaker.hear(kQuiet, 1s);
  speaker.activity.on_level(kSpeech, speaker.now);
  speaker.activity.on_level(kQuiet, speaker.now);
  CHECK(speaker.scores().immediate > SpeechScores::kNone);
  const double medium = speaker.scores().medium;
  speaker.activity.on_level(kQuiet, speaker.now - 500ms);
  CHECK(speaker.scores().medium == medium);
}

}  // namespace sfu
