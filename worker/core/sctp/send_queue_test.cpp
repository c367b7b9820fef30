#include "core/sctp/send_queue.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sfu;
using namespace sfu::sctp;

namespace {

Message message(uint16_t stream, size_t size) { return {stream, 51, std::vector<uint8_t>(size)}; }

std::vector<uint16_t> drain(SendQueue& queue) {
  std::vector<uint16_t> order;
  for (; queue.front(); queue.pop()) order.push_back(queue.front()->message.stream);
  return order;
}

constexpr SendQueue::Limits kLimits{.total = 1000, .per_stream = 600, .low_threshold = 100};

}  // namespace

TEST_CASE("streams take turns, a message each") {
  SendQueue queue(kLimits);
  for (const uint16_t stream : std::vector<uint16_t>{1, 1, 1, 2, 3, 3})
    CHECK(queue.push(message(stream, 10), {}));
  CHECK(drain(queue) == std::vector<uint16_t>{1, 2, 3, 1, 3, 1});
  CHECK(queue.empty());
}

TEST_CASE("a stream's messages keep their order") {
  SendQueue queue(kLimits);
  for (const size_t size : {30, 10, 20}) CHECK(queue.push(message(1, size), {}));
  for (const size_t size : {30, 10, 20}) {
    CHECK(queue.front()->message.bytes.size() == size);
    queue.pop();
  }
}

TEST_CASE("the limits are kept, and can be reached") {
  SendQueue queue(kLimits);
  CHECK(queue.push(message(1, 600), {}));
  CHECK_FALSE(queue.push(message(1, 1), {}));
  CHECK(queue.push(message(2, 400), {}));
  CHECK_FALSE(queue.push(message(3, 1), {}));
  CHECK(queue.buffered(1) == 600);
  CHECK(queue.buffered(2) == 400);
  CHECK(queue.buffered(3) == 0);
  queue.pop();
  CHECK(queue.push(message(3, 600), {}));
}

TEST_CASE("very many small messages are too many even if their bytes are few") {
  SendQueue queue({.total = 64'000, .per_stream = 64'000, .low_threshold = 0});
  size_t taken = 0;
  while (taken < 64'000 && queue.push(message(1, 1), {})) ++taken;
  CHECK(taken == 64'000 / 64 + 1024);
}

TEST_CASE("a stream is told once when it falls to its threshold from above") {
  SendQueue queue(kLimits);
  for (int i = 0; i < 4; ++i) CHECK(queue.push(message(1, 60), {}));
  CHECK(queue.push(message(2, 90), {}));  // never above
  queue.pop();                            // 1: 180
  CHECK(queue.low().empty());
  drain(queue);  // 1: 120, 60, 0
  CHECK(queue.low() == std::vector<uint16_t>{1});
  queue.low().clear();
  CHECK(queue.push(message(1, 101), {}));
  queue.pop();
  CHECK(queue.low() == std::vector<uint16_t>{1});
}

TEST_CASE("a threshold is each stream's own") {
  SendQueue queue(kLimits);
  queue.set_low_threshold(1, 0);
  for (const uint16_t stream : std::vector<uint16_t>{1, 2, 1, 2}) CHECK(queue.push(message(stream, 80), {}));
  queue.pop();
  queue.pop();
  CHECK(queue.low() == std::vector<uint16_t>{2});
  queue.pop();
  CHECK(queue.low() == std::vector<uint16_t>{2, 1});
}

TEST_CASE("a message dies when it has waited longer than its life time") {
  SendQueue queue(kLimits);
  const Reliability mortal{.ordered = false, .max_packet_life_time = 50};
  Time now{100s};
  CHECK(queue.push(message(1, 200), mortal));
  CHECK(queue.push(message(2, 30), {}));
  queue.expire(now);  // its life begins
  now += 30ms;
  CHECK(queue.push(message(1, 10), mortal));
  queue.expire(now);
  now += 20ms;
  queue.expire(now);
  CHECK(queue.buffered(1) == 210);
  now += 1ms;
  queue.expire(now);
  CHECK(queue.buffered(1) == 10);
  CHECK(queue.low() == std::vector<uint16_t>{1});
  now += 30ms;
  queue.expire(now);
  CHECK(queue.buffered(1) == 0);
  CHECK(drain(queue) == std::vector<uint16_t>{2});
}

TEST_CASE("a dropped stream leaves its room to others and is not told") {
  SendQueue queue(kLimits);
  const Reliability mortal{.ordered = false, .max_packet_life_time = 50};
  CHECK(queue.push(message(1, 500), mortal));
  CHECK(queue.push(message(2, 400), {}));
  queue.drop(1);
  queue.drop(7);
  CHECK(queue.buffered(1) == 0);
  CHECK(queue.push(message(3, 600), {}));
  queue.expire(Time{1000s});
  CHECK(drain(queue) == std::vector<uint16_t>{2, 3});
  CHECK(queue.low() == std::vector<uint16_t>{2, 3});
}

TEST_CASE("a held stream waits while others go on") {
  SendQueue queue(kLimits);
  CHECK(queue.push(message(1, 10), {}));
  queue.hold(1);
  CHECK(queue.push(message(1, 10), {}));
  CHECK(queue.push(message(2, 10), {}));
  CHECK(drain(queue) == std::vector<uint16_t>{2});
  CHECK_FALSE(queue.empty());
  queue.release(1);
  queue.release(1);
  CHECK(drain(queue) == std::vector<uint16_t>{1, 1});
  CHECK(queue.empty());
}
