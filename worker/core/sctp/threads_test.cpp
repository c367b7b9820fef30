// Workers as threads of one process: each has its associations and its time, and runs the others' timers.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/random.hpp"
#include "core/sctp/association.hpp"

using namespace sfu;
using namespace sfu::sctp;

namespace {

using Packets = std::vector<std::vector<uint8_t>>;

struct Wire {
  std::mutex lock;
  Packets packets;
  void put(Packets& from) {
    const std::lock_guard guard(lock);
    for (auto& packet : from) packets.push_back(std::move(packet));
    from.clear();
  }
  Packets take() {
    const std::lock_guard guard(lock);
    return std::exchange(packets, {});
  }
};

constexpr uint32_t kMessages = 300;

std::vector<uint8_t> numbered(uint32_t number) {
  std::vector<uint8_t> out(4 + number * 97 % 20'000, static_cast<uint8_t>(number));
  store32(out.data(), number);
  return out;
}

struct Worker {
  Wire wire;  // towards it
  std::atomic<int64_t> now{1'000'000};
  std::atomic<bool> done{false};
  bool intact = true;
};

// Sends and receives kMessages, and stays until the other has done so too. Neither clock runs away from the
// other by more than 5 ms, or each would think that the other is lost.
void work(Worker& me, Worker& other) {
  Association association({.max_outbound_streams = 16, .max_inbound_streams = 16});
  Random random(1);
  association.connect();
  uint32_t sent = 0, received = 0;
  while (!(me.done && other.done) && association.state() != State::kFailed) {
    while (me.now > other.now + 5'000 && !other.done) std::this_thread::yield();
    const Time now{Duration(me.now += 500)};
    for (const auto& packet : me.wire.take())
      if (random.real() > 0.02) association.receive(packet);
    while (sent < kMessages && association.send(1, 53, numbered(sent), {}) == Sent::kQueued) ++sent;
    association.poll(now);
    other.wire.put(association.packets());
    for (const Message& message : std::exchange(association.messages(), {}))
      me.intact = me.intact && message.bytes == numbered(received++);
    me.done = received == kMessages && sent == kMessages;
  }
}

}  // namespace

TEST_CASE("two associations on two threads talk to each other, each running the other's timers") {
  Worker one, two;
  std::thread first([&] { work(one, two); });
  std::thread second([&] { work(two, one); });
  first.join();
  second.join();
  CHECK(one.done);
  CHECK(two.done);
  CHECK(one.intact);
  CHECK(two.intact);
}

TEST_CASE("associations come and go on several threads while all run the timers") {
  std::atomic<int64_t> time{1'000'000};
  std::atomic<int> connected{0};
  const auto live = [&](uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < 60; ++i) {
      Association a({.max_outbound_streams = 16, .max_inbound_streams = 16}),
          b({.max_outbound_streams = 16, .max_inbound_streams = 16});
      a.connect();
      b.connect();
      for (uint32_t rounds = random.below(60); rounds > 0; --rounds) {
        const Time now{Duration(time += 20'000)};
        a.poll(now);
        b.poll(now);
        for (const auto& packet : std::exchange(a.packets(), {})) b.receive(packet);
        for (const auto& packet : std::exchange(b.packets(), {})) a.receive(packet);
        a.send(static_cast<uint16_t>(random.below(16)), 53, numbered(rounds), {});
        if (rounds == 5) b.reset_stream(3);
      }
      if (a.state() == State::kConnected) ++connected;
    }
  };
  std::vector<std::thread> threads;
  for (const uint64_t seed : {1, 2, 3, 4}) threads.emplace_back(live, seed);
  for (std::thread& thread : threads) thread.join();
  CHECK(connected > 100);
}
