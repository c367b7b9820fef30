#include "core/router/rtp_observer.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace sfu {
namespace {

constexpr uint32_t kObserver = 9, kA = 1, kB = 2;
constexpr uint8_t kSpeech = 30, kSilence = 127;

const channel::CreateAudioLevelObserver kLevels{
    .observer = kObserver, .max_entries = 2, .threshold = -80, .interval = 1000};
const channel::CreateActiveSpeakerObserver kSpeaker{.observer = kObserver, .interval = 300};

// An observer, the worker's clock, and what the controller is told.
struct Bench {
  explicit Bench(const auto& request) : observer(std::make_unique<RtpObserver>(request, deadlines)) {}

  // `producer` sends for so long at `level`.
  void hear(uint32_t producer, uint8_t level, Duration duration) {
    for (const Time end = now + duration; now < end; now += 20ms) {
      observer->on_level(producer, level, now);
      wake();
    }
  }
  void wait(Duration duration) {
    for (const Time end = now + duration; now < end; now += 20ms) wake();
  }
  void wake() {
    Turn turn{now, outbox, events, drops};
    while (deadlines.due(now)) observer->wake(turn);
  }
  template <class Body>
  std::vector<Body> take() {
    std::vector<Body> out;
    for (const channel::Event& event : events) {
      CHECK_EQ(event.target, kObserver);
      out.push_back(std::get<Body>(event.body));
    }
    events.clear();
    return out;
  }
  std::vector<channel::Volumes> volumes() { return take<channel::Volumes>(); }
  std::vector<channel::DominantSpeaker> dominant() { return take<channel::DominantSpeaker>(); }

  Time now{100s};
  Deadlines deadlines;
  Outbox outbox;
  std::vector<channel::Event> events;
  Drops drops;
  std::unique_ptr<RtpObserver> observer;
};

const channel::Volumes kNobody{};

}  // namespace

TEST_CASE("an observer has its handle, and hears whom it was given") {
  Bench bench(kLevels);
  CHECK_EQ(bench.observer->handle(), kObserver);
  CHECK_FALSE(bench.observer->hears(kA));
  bench.observer->add(kA);
  CHECK(bench.observer->hears(kA));
  CHECK_FALSE(bench.observer->hears(kB));
  bench.observer->remove(kA);
  CHECK_FALSE(bench.observer->hears(kA));
}

TEST_CASE("volumes come once an interval, then one silence") {
  Bench bench(kLevels);
  bench.observer->add(kA);
  bench.observer->add(kB);
  bench.hear(kA, kSpeech, 3s);
  bench.wait(3s);
  const channel::Volumes heard{{{kA, -30}}};
  CHECK(bench.volumes() == std::vector{heard, heard, heard, kNobody});
}

TEST_CASE("the dominant speaker is told when it is another") {
  Bench bench(kSpeaker);
  bench.observer->add(kA);
  bench.observer->add(kB);
  bench.hear(kA, kSpeech, 3s);
  bench.wait(3s);
  bench.hear(kB, kSpeech, 3s);
  CHECK(bench.dominant() == std::vector<channel::DominantSpeaker>{{kA}, {kB}});
}

TEST_CASE("nothing is due while nobody is heard or the observer is paused") {
  const auto check = [](Bench bench) {
    bench.observer->on_level(kA, kSpeech, bench.now);
    CHECK_EQ(bench.deadlines.size(), 0);
    bench.observer->add(kA);
    bench.observer->on_level(kA, kSpeech, bench.now);
    CHECK_EQ(bench.deadlines.size(), 1);
    bench.observer->pause();
    CHECK_EQ(bench.deadlines.size(), 0);
    bench.observer->on_level(kA, kSpeech, bench.now);
    CHECK_EQ(bench.deadlines.size(), 0);
    bench.observer->resume(bench.now);
    CHECK_EQ(bench.deadlines.size(), 1);
    bench.observer->remove(kA);
    CHECK_EQ(bench.deadlines.size(), 0);
    bench.observer->pause();
    bench.observer->resume(bench.now);
    CHECK_EQ(bench.deadlines.size(), 0);
  };
  check(Bench(kLevels));
  check(Bench(kSpeaker));
}

TEST_CASE("the intervals are those that were asked for") {
  for (const uint32_t interval : {250u, 1000u, 5000u}) {
    Bench bench(channel::CreateAudioLevelObserver{.observer = kObserver, .interval = interval});
    bench.observer->add(kA);
    bench.observer->on_level(kA, kSpeech, bench.now);
    CHECK_EQ(bench.deadlines.earliest(), bench.now + std::chrono::milliseconds(interval));
  }
  for (const uint32_t interval : {100u, 300u, 5000u}) {
    Bench bench(channel::CreateActiveSpeakerObserver{.observer = kObserver, .interval = interval});
    bench.observer->add(kA);
    bench.observer->on_level(kA, kSpeech, bench.now);
    CHECK_EQ(bench.deadlines.earliest(), bench.now + std::chrono::milliseconds(interval));
  }
}

TEST_CASE("an interval of nothing does not keep the worker awake") {
  Bench levels(channel::CreateAudioLevelObserver{.observer = kObserver});
  levels.observer->add(kA);
  levels.hear(kA, kSpeech, 1s);
  CHECK(levels.deadlines.earliest() >= levels.now);
  Bench speaker(channel::CreateActiveSpeakerObserver{.observer = kObserver});
  speaker.observer->add(kA);
  speaker.hear(kA, kSpeech, 1s);
  CHECK(speaker.deadlines.earliest() >= speaker.now);
}

TEST_CASE("what comes while the observer is paused is not heard, nor what came just before it") {
  Bench bench(kLevels);
  bench.observer->add(kA);
  bench.hear(kA, kSpeech, 500ms);
  bench.observer->pause();
  CHECK(bench.observer->paused());
  bench.hear(kA, kSpeech, 5s);
  CHECK(bench.volumes().empty());
  bench.observer->resume(bench.now);
  CHECK_FALSE(bench.observer->paused());
  bench.hear(kA, 50, 1020ms);
  CHECK(bench.volumes() == std::vector{channel::Volumes{{{kA, -50}}}});
}

TEST_CASE("to resume what is not paused changes nothing") {
  Bench bench(kLevels);
  bench.observer->add(kA);
  bench.hear(kA, kSpeech, 500ms);
  bench.observer->resume(bench.now);
  bench.hear(kA, kSpeech, 520ms);
  CHECK(bench.volumes() == std::vector{channel::Volumes{{{kA, -30}}}});
}

TEST_CASE("silence that fell while the observer was paused is told when it goes on") {
  Bench bench(kLevels);
  bench.observer->add(kA);
  bench.hear(kA, kSpeech, 1020ms);
  CHECK_EQ(bench.volumes().size(), 1);
  bench.observer->pause();
  bench.wait(5s);
  bench.observer->resume(bench.now);
  bench.wait(5s);
  CHECK(bench.volumes() == std::vector{kNobody});
}

TEST_CASE("when the last producer leaves, silence is told, and then nothing is due") {
  Bench bench(kLevels);
  bench.observer->add(kA);
  bench.hear(kA, kSpeech, 1020ms);
  bench.volumes();
  bench.observer->remove(kA);
  bench.wait(2s);
  CHECK(bench.volumes() == std::vector{kNobody});
  CHECK_EQ(bench.deadlines.size(), 0);
}

TEST_CASE("a dominant speaker that leaves makes room, and is told again when it comes back and speaks") {
  Bench bench(kSpeaker);
  bench.observer->add(kA);
  bench.hear(kA, kSpeech, 2s);
  bench.observer->remove(kA);
  bench.wait(2s);
  bench.observer->add(kA);
  bench.hear(kA, kSilence, 2s);
  CHECK(bench.dominant() == std::vector<channel::DominantSpeaker>{{kA}});
  bench.hear(kA, kSpeech, 2s);
  CHECK(bench.dominant() == std::vector<channel::DominantSpeaker>{{kA}});
}

TEST_CASE("after the worker slept long an interval ends once, not many times") {
  Bench bench(kLevels);
  bench.observer->add(kA);
  bench.hear(kA, kSpeech, 500ms);
  bench.now += 1h;
  bench.wake();
  CHECK_EQ(bench.volumes().size(), 1);
  CHECK_EQ(bench.deadlines.earliest(), bench.now + 1s);
}

TEST_CASE("an observer that is closed leaves the deadlines") {
  Bench bench(kSpeaker);
  bench.observer->add(kA);
  bench.observer->on_level(kA, kSpeech, bench.now);
  CHECK_EQ(bench.deadlines.size(), 1);
  bench.observer.reset();
  CHECK_EQ(bench.deadlines.size(), 0);
}

}  // namespace sfu
