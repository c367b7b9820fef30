#include "core/bwe/delay_based.hpp"

#include <doctest/doctest.h>

#include "core/base/random.hpp"

namespace sfu::bwe {
namespace {

// Packets every 10 ms over a path whose delay changes by `growth` in a second.
struct Path {
  DelayBased delay_based;
  Time now{1000s};
  Duration delay = 30ms;
  Duration step = 10ms;
  int over = 0;

  void run(Duration span, Duration growth) {
    run_with(span, [&] { return delay += growth * step.count() / 1'000'000; });
  }
  template <class Delay>
  void run_with(Duration span, Delay&& next) {
    over = 0;
    for (const Time end = now + span; now < end; now += step) {
      delay_based.add(now, now + next());
      over += delay_based.trend() == Usage::kOver;
    }
  }
};

TEST_CASE("a steady path is neither over- nor underused") {
  Path path;
  path.run(5s, 0ms);
  CHECK(path.over == 0);
  CHECK(path.delay_based.trend() == Usage::kNormal);
  CHECK(path.delay_based.is_queue_drained());
}

TEST_CASE("a queue that grows is overuse within half a second, at any number of packets") {
  for (const Duration step : {6ms, 10ms, 20ms}) {
    Path path;
    path.step = step;
    path.run(5s, 0ms);
    path.run(500ms, 200ms);
    CHECK(path.over > 0);
  }
}

TEST_CASE("a queue that shrinks is underuse") {
  Path path;
  path.delay = 800ms;
  path.run(2s, -300ms);
  CHECK(path.delay_based.trend() == Usage::kUnder);
}

TEST_CASE("a queue that stands is seen, until nothing that we do makes it smaller") {
  Path path;
  path.run(5s, 0ms);
  path.run(500ms, 200ms);
  path.run(2s, 0ms);
  CHECK(path.delay_based.trend() != Usage::kOver);
  CHECK(path.delay_based.is_queue_standing());
  CHECK_FALSE(path.delay_based.is_queue_drained());
  CHECK(path.delay_based.queue() > 60ms);
  path.run(DelayBased::kPatience, 0ms);
  CHECK_FALSE(path.delay_based.is_queue_standing());
}

TEST_CASE("jitter is no overuse, nor a queue, once it is known") {
  Random random(2);
  struct Row {
    int jitter;
    int most;
  };
  for (const auto& [jitter, most] : {Row{5'000, 20}, {30'000, 20}, {200'000, 150}}) {
    CAPTURE(jitter);
    Path path;
    const auto next = [&] { return 30ms + Duration(random.below(static_cast<uint32_t>(jitter))); };
    path.run_with(10s, next);
    int standing = 0;
    for (int i = 0; i < 1000; ++i) {
      path.run_with(100ms, next);
      standing += path.delay_based.is_queue_standing() || path.over > 0;
    }
    CHECK(standing <= most);
  }
}

TEST_CASE("a receiver whose clock jumps is listened to anew") {
  Path path;
  path.run(5s, 0ms);
  path.delay += 20s;
  path.run(5s, 0ms);
  CHECK(path.delay_based.trend() == Usage::kNormal);
  CHECK_FALSE(path.delay_based.is_queue_standing());
}

}  // namespace
}  // namespace sfu::bwe
