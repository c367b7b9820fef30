#include "core/router/send_queue.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

using Class = SendQueue::Class;

const Time kStart{1000s};

// Consumers are only names here.
Consumer* name(uintptr_t number) { return reinterpret_cast<Consumer*>(number * 16); }

struct Packets {
  rtp::PacketPool pool{64};

  SendJob job(Consumer* consumer, uint64_t index, Time arrival = kStart, bool key_frame = false) {
    SendJob out{.packet = pool.take(), .consumer = consumer, .index = index};
    out.packet->arrival = arrival;
    out.packet->frame.key_frame = out.packet->frame.begins = key_frame;
    return out;
  }
};

std::vector<uint64_t> drain(SendQueue& queue) {
  std::vector<uint64_t> out;
  while (!queue.empty()) {
    const Class of = queue.first();
    out.push_back(queue.front(of).index);
    queue.pop(of);
  }
  return out;
}

TEST_CASE("audio goes before repairs before video, each in its order") {
  Packets packets;
  SendQueue queue;
  for (const auto& [of, index] : {std::pair{Class::kVideo, 1},
                                  {Class::kRepair, 2},
                                  {Class::kVideo, 3},
                                  {Class::kAudio, 4},
                                  {Class::kRepair, 5},
                                  {Class::kAudio, 6}})
    queue.push(of, packets.job(name(1), static_cast<uint64_t>(index)));
  CHECK(queue.size() == 6);
  CHECK(drain(queue) == std::vector<uint64_t>{4, 6, 2, 5, 1, 3});
  CHECK(queue.first() == Class::kCount);
}

TEST_CASE("what waits for long stays in order while others come and go") {
  Packets packets;
  SendQueue queue;
  uint64_t next = 0, expected = 0;
  for (int i = 0; i < 200; ++i) queue.push(Class::kVideo, packets.job(name(1), next++));
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 3; ++i) queue.push(Class::kVideo, packets.job(name(1), next++));
    for (int i = 0; i < 3; ++i) {
      CHECK(queue.front(Class::kVideo).index == expected++);
      queue.pop(Class::kVideo);
    }
  }
  CHECK(queue.size() == 200);
}

TEST_CASE("a consumer that closes takes what it had with it") {
  Packets packets;
  SendQueue queue;
  for (uint64_t i = 0; i < 9; ++i) queue.push(static_cast<Class>(i % 3), packets.job(name(1 + i % 2), i));
  queue.pop(queue.first());
  queue.remove(*name(1));
  CHECK(queue.size() == 4);
  for (const uint64_t index : drain(queue)) CHECK(index % 2 == 1);
}

TEST_CASE("video that is not too old stays") {
  Packets packets;
  SendQueue queue;
  CHECK_FALSE(queue.give_up_video(kStart));
  queue.push(Class::kVideo, packets.job(name(1), 1, kStart));
  queue.push(Class::kAudio, packets.job(name(1), 2, kStart - 10s));
  CHECK_FALSE(queue.give_up_video(kStart + SendQueue::kPatience));
  CHECK(queue.size() == 2);
}

TEST_CASE("video that is too old goes as far as the last key frame that waits, of that consumer alone") {
  Packets packets;
  SendQueue queue;
  for (uint64_t i = 0; i < 10; ++i) {
    queue.push(Class::kVideo, packets.job(name(1), i, kStart + i * 1ms, i == 3 || i == 7));
    queue.push(Class::kVideo, packets.job(name(2), 100 + i, kStart + i * 1ms));
  }
  queue.pop(Class::kVideo);  // 0
  queue.pop(Class::kVideo);  // 100
  const auto given_up = queue.give_up_video(kStart + SendQueue::kPatience + 2ms);
  REQUIRE(given_up);
  CHECK(given_up->consumer == name(1));
  CHECK(given_up->first == 1);
  CHECK(given_up->last == 6);
  CHECK(given_up->key_frame_follows);
  CHECK(queue.size() == 12);
  CHECK(drain(queue).size() == 12);
}

TEST_CASE("what is too old is sent again no more, what is new waits on") {
  Packets packets;
  SendQueue queue;
  constexpr Duration kRtt = 50ms;
  const Time late = kStart + SendQueue::kRepairAge + kRtt + 1ms;
  queue.push(Class::kAudio, packets.job(name(1), 0));
  queue.push(Class::kRepair, packets.job(name(1), 1));
  queue.push(Class::kRepair, packets.job(name(2), 2, kStart + 1ms));
  queue.push(Class::kVideo, packets.job(name(1), 3));
  queue.give_up_repairs(late - 1ms, kRtt);
  CHECK(queue.size() == 4);
  queue.give_up_repairs(late, kRtt);
  CHECK(drain(queue) == std::vector<uint64_t>{0, 2, 3});
}

TEST_CASE("without a key frame behind it all of a consumer's video goes, though later") {
  Packets packets;
  for (const bool key_frame : {false, true}) {
    SendQueue queue;
    for (uint64_t i = 0; i < 4; ++i)
      queue.push(Class::kVideo, packets.job(name(1), i, kStart, key_frame && i == 0));
    CHECK_FALSE(queue.give_up_video(kStart + SendQueue::kPatienceWithoutKeyFrame));
    const auto given_up = queue.give_up_video(kStart + SendQueue::kPatienceWithoutKeyFrame + 1ms);
    REQUIRE(given_up);
    CHECK(given_up->first == 0);
    CHECK(given_up->last == 3);
    CHECK_FALSE(given_up->key_frame_follows);
    CHECK(queue.empty());
  }
}

}  // namespace
}  // namespace sfu
