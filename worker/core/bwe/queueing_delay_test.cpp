#include "core/bwe/queueing_delay.hpp"

#include <doctest/doctest.h>

#include "core/base/random.hpp"

namespace sfu::bwe {
namespace {

TEST_CASE("the smallest value of the last spans is known, not that of older ones") {
  struct Row {
    Duration at;
    Duration value;
    Duration smallest;
  };
  WindowedMin<4> smallest(1s);
  CHECK(smallest.get() == Duration::max());
  for (const auto& [at, value, expected] : {Row{0s, 5ms, 5ms},
                                            {1s, 9ms, 5ms},
                                            {2s, 8ms, 5ms},
                                            {3s, 9ms, 5ms},
                                            {4s, 9ms, 8ms},
                                            {100s, 20ms, 20ms},
                                            {99s, 15ms, 15ms},
                                            {102s, 16ms, 15ms},
                                            {103s, 16ms, 15ms},
                                            {104s, 16ms, 16ms}}) {
    smallest.add(value, Time(at));
    CHECK(smallest.get() == expected);
  }
}

struct Path {
  QueueingDelay queue;
  Time now{1000s};

  template <class Delay>
  void run_with(Duration span, Delay&& delay) {
    for (const Time end = now + span; now < end; now += 10ms) queue.add(delay(), now);
  }
  void run(Duration span, Duration delay) {
    run_with(span, [&] { return delay; });
  }
};

TEST_CASE("a queue is what the smallest delay of the moment is above the smallest of all") {
  Path path;
  CHECK(path.queue.get() == 0ms);
  path.run(1s, 30ms);
  CHECK(path.queue.get() == 0ms);
  path.run(1s, 80ms);
  CHECK(path.queue.get() == 50ms);
  path.run(1s, 35ms);
  CHECK(path.queue.get() == 5ms);
}

TEST_CASE("jitter is no queue") {
  Path path;
  Random random(5);
  path.run_with(60s, [&] { return 30ms + Duration(random.below(200'000)); });
  CHECK(path.queue.get() < 5 * path.queue.noise());
  CHECK(path.queue.noise() > 3ms);
}

TEST_CASE("a queue that grows evenly has no noise, and a jump hardly any") {
  Path path;
  Duration delay{};
  path.run_with(10s, [&] { return delay += 500us; });
  CHECK(path.queue.noise() < 1ms);
  path.run(1s, 2000ms);
  CHECK(path.queue.noise() < 5ms);
}

TEST_CASE("a longer path is no queue any more after half a minute") {
  Path path;
  path.run(10s, 30ms);
  path.run(20s, 80ms);
  CHECK(path.queue.get() == 50ms);
  path.run(15s, 80ms);
  CHECK(path.queue.get() == 0ms);
}

TEST_CASE("or at once when it is accepted as such") {
  Path path;
  path.run(10s, 30ms);
  path.run(1s, 80ms);
  path.queue.accept(path.now);
  CHECK(path.queue.get() == 0ms);
  path.run(1s, 90ms);
  CHECK(path.queue.get() == 10ms);
}

}  // namespace
}  // namespace sfu::bwe
