#include "core/rtp/history.hpp"

#include <doctest/doctest.h>

#include <map>

#include "core/base/random.hpp"

namespace sfu::rtp {
namespace {

constexpr int64_t kStarts[] = {-1000, -1, 0, 127, 32767, 32768, 65535, 65536, int64_t{1} << 40};
const Time kNow{100s};

struct Source {
  PacketPool pool{64};
  PacketRef at(int64_t sequence, Time arrival = kNow) {
    PacketRef packet = pool.take();
    packet->unwrapped_sequence = sequence;
    packet->arrival = arrival;
    return packet;
  }
};

TEST_CASE("a packet is found under its number") {
  for (int64_t first : kStarts) {
    Source source;
    History history(64, 1s);
    CHECK_FALSE(history.find(first, kNow));
    for (int64_t i = 0; i < 40; ++i) history.insert(source.at(first + i));
    for (int64_t i = 0; i < 40; ++i) CHECK(history.find(first + i, kNow)->unwrapped_sequence == first + i);
    CHECK_FALSE(history.find(first - 1, kNow));
    CHECK_FALSE(history.find(first + 40, kNow));
  }
}

TEST_CASE("the ring grows as packets come, to its bound and no further") {
  for (int64_t first : kStarts) {
    Source source;
    History history(256, 10s);
    history.insert(source.at(first));
    CHECK(history.capacity() < 256);
    for (int64_t i = 1; i < 1000; ++i) history.insert(source.at(first + i));
    CHECK(history.capacity() == 256);
    CHECK(history.size() == 256);
    CHECK(source.pool.in_use() == 256);
    CHECK_FALSE(history.find(first + 999 - 256, kNow));
    CHECK(history.find(first + 999 - 255, kNow));
  }
}

TEST_CASE("a slow stream needs no more than its packets of max_age") {
  Source source;
  History history(1024, 1s);
  for (int i = 0; i < 5000; ++i) history.insert(source.at(i, kNow + i * 50ms));
  CHECK(history.capacity() <= 32);
  CHECK(source.pool.in_use() == 21);
}

TEST_CASE("a packet older than max_age is not found") {
  Source source;
  History history(64, 1s);
  history.insert(source.at(1));
  CHECK(history.find(1, kNow + 1s));
  CHECK_FALSE(history.find(1, kNow + 1s + 1us));
}

TEST_CASE("a repaired packet takes its place, also before the oldest") {
  for (int64_t first : kStarts) {
    Source source;
    History history(64, 1s);
    history.insert(source.at(first + 2));
    history.insert(source.at(first + 4));
    CHECK_FALSE(history.find(first + 3, kNow));
    history.insert(source.at(first + 3));
    history.insert(source.at(first));
    for (int64_t i : {0, 2, 3, 4}) CHECK(history.find(first + i, kNow)->unwrapped_sequence == first + i);
    CHECK_FALSE(history.find(first + 1, kNow));
  }
}

TEST_CASE("a repaired packet too far behind is not kept") {
  Source source;
  History history(64, 1s);
  history.insert(source.at(100));
  history.insert(source.at(36));
  CHECK_FALSE(history.find(36, kNow));
  history.insert(source.at(37));
  CHECK(history.find(37, kNow));
}

TEST_CASE("a jump lets go of all that was kept") {
  Source source;
  History history(64, 1s);
  for (int i = 0; i < 50; ++i) history.insert(source.at(i));
  history.insert(source.at(1'000'000));
  CHECK(source.pool.in_use() == 1);
  CHECK(history.find(1'000'000, kNow));
}

TEST_CASE("a stopped stream's packets go when time does") {
  Source source;
  History history(64, 1s);
  for (int i = 0; i < 50; ++i) history.insert(source.at(i));
  history.expire(kNow + 1s);
  CHECK(source.pool.in_use() == 50);
  history.expire(kNow + 2s);
  CHECK(source.pool.in_use() == 0);
  history.insert(source.at(50, kNow + 2s));
  history.clear();
  CHECK(source.pool.in_use() == 0);
}

TEST_CASE("a random stream is remembered as by a map") {
  for (int64_t first : kStarts) {
    Random random(3);
    Source source;
    History history(128, 1s);
    std::map<int64_t, Time> reference;
    int64_t newest = first;
    Time now = kNow;
    for (int i = 0; i < 5000; ++i) {
      now += random.below(20) * 1ms;
      const int64_t sequence = random.below(4) ? newest + 1 + random.below(3) : newest - random.below(100);
      newest = std::max(newest, sequence);
      history.insert(source.at(sequence, now));
      reference[sequence] = now;
      const int64_t asked = newest - random.below(140);
      const auto known = reference.find(asked);
      const bool expected = known != reference.end() && now - known->second <= 1s && newest - asked < 128;
      REQUIRE(bool{history.find(asked, now)} == expected);
    }
  }
}

}  // namespace
}  // namespace sfu::rtp
