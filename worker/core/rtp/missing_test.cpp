#include "core/rtp/missing.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace sfu::rtp {
namespace {

constexpr int64_t kStarts[] = {0, 1, 126, 127, 128, 32767, 32768, 65533, 65534, 65535, 65536, -3};
const Time kNow{100s};

std::vector<uint16_t> due(Missing& missing, Time now, Duration rtt = 50ms) {
  const auto numbers = missing.collect(now, rtt);
  return {numbers.begin(), numbers.end()};
}

std::vector<uint16_t> wrapped(std::initializer_list<int64_t> sequences) {
  std::vector<uint16_t> out;
  for (int64_t s : sequences) out.push_back(static_cast<uint16_t>(s));
  return out;
}

TEST_CASE("a gap is asked for at once") {
  for (int64_t first : kStarts) {
    Missing missing;
    CHECK_FALSE(missing.on_packet(first, false, kNow));
    CHECK(missing.deadline() == kNever);
    CHECK_FALSE(missing.on_packet(first + 3, false, kNow));
    CHECK(missing.deadline() == kNow);
    CHECK(due(missing, kNow) == wrapped({first + 1, first + 2}));
    CHECK(due(missing, kNow).empty());
  }
}

TEST_CASE("it is asked for again after a round trip") {
  Missing missing;
  missing.on_packet(0, false, kNow);
  missing.on_packet(2, false, kNow);
  due(missing, kNow, 50ms);
  CHECK(missing.deadline() == kNow + 50ms);
  CHECK(due(missing, kNow + 49ms, 50ms).empty());
  CHECK(due(missing, kNow + 50ms, 50ms) == wrapped({1}));
}

TEST_CASE("requests are never closer than kMinSpacing, and 100 ms apart while the round trip is unknown") {
  for (const auto& [rtt, spacing] : {std::pair{1ms, 20ms}, {0ms, 100ms}, {300ms, 300ms}}) {
    Missing missing;
    missing.on_packet(0, false, kNow);
    missing.on_packet(2, false, kNow);
    due(missing, kNow, rtt);
    CHECK(missing.deadline() == kNow + spacing);
  }
}

TEST_CASE("what arrives is missing no more") {
  for (int64_t first : kStarts) {
    Missing missing;
    missing.on_packet(first, false, kNow);
    missing.on_packet(first + 3, false, kNow);
    CHECK(missing.on_packet(first + 1, true, kNow + 60ms));
    CHECK_FALSE(missing.on_packet(first + 1, true, kNow + 60ms));
    CHECK(due(missing, kNow + 60ms) == wrapped({first + 2}));
    CHECK(missing.on_packet(first + 2, true, kNow + 60ms));
    CHECK(missing.deadline() == kNever);
  }
}

TEST_CASE("a retransmission of what was never seen shows the gap before it") {
  Missing missing;
  missing.on_packet(0, false, kNow);
  CHECK_FALSE(missing.on_packet(2, true, kNow));
  CHECK(due(missing, kNow) == wrapped({1}));
}

TEST_CASE("nothing is missing before the first packet") {
  Missing missing;
  missing.on_packet(65535, false, kNow);
  CHECK_FALSE(missing.on_packet(65534, false, kNow));
  CHECK(missing.pending() == 0);
}

TEST_CASE("once the path has reordered, a gap waits a little before it is asked for") {
  Missing missing;
  missing.on_packet(0, false, kNow);
  missing.on_packet(2, false, kNow);
  missing.on_packet(1, false, kNow + 4ms);
  missing.on_packet(4, false, kNow + 10ms);
  CHECK(due(missing, kNow + 10ms).empty());
  CHECK(missing.deadline() == kNow + 16ms);
  CHECK(due(missing, kNow + 16ms) == wrapped({3}));
}

TEST_CASE("the wait goes away as packets turn out lost") {
  Missing missing;
  missing.on_packet(0, false, kNow);
  missing.on_packet(2, false, kNow);
  missing.on_packet(1, false, kNow + 4ms);
  Time now = kNow + 1s;
  for (int64_t i = 3; i < 203; i += 2, now += 100ms) {
    missing.on_packet(i + 1, false, now);
    missing.on_packet(i, true, now + 50ms);
  }
  missing.on_packet(300, false, now);
  CHECK(missing.deadline() < now + 10us);
}

TEST_CASE("a number is asked for at most kMaxRequests times") {
  Missing missing;
  missing.on_packet(0, false, kNow);
  missing.on_packet(2, false, kNow);
  int requests = 0;
  for (Time now = kNow; now < kNow + 10s && missing.deadline() != kNever; now = missing.deadline())
    requests += static_cast<int>(due(missing, now, 20ms).size());
  CHECK(requests == Missing::kMaxRequests);
  CHECK(missing.pending() == 0);
}

TEST_CASE("a number is forgotten after kMaxTime") {
  Missing missing;
  missing.on_packet(0, false, kNow);
  missing.on_packet(2, false, kNow);
  CHECK(due(missing, kNow + Missing::kMaxTime, 500ms).size() == 1);
  CHECK(due(missing, kNow + Missing::kMaxTime + 1ms, 500ms).empty());
  CHECK(missing.pending() == 0);
}

TEST_CASE("a number far behind the newest is forgotten") {
  for (int64_t first : kStarts) {
    Missing missing;
    missing.on_packet(first, false, kNow);
    for (int64_t i = 2; i <= Missing::kMaxDistance + 1; ++i) missing.on_packet(first + i, false, kNow);
    CHECK(missing.pending() == 1);
    missing.on_packet(first + Missing::kMaxDistance + 2, false, kNow);
    CHECK(missing.pending() == 0);
  }
}

TEST_CASE("where too many are missing only a key frame helps") {
  for (int64_t first : kStarts) {
    Missing missing;
    missing.on_packet(first, false, kNow);
    missing.on_packet(first + 1001, false, kNow);
    CHECK(missing.pending() == 1000);
    CHECK_FALSE(missing.take_key_frame_needed());
    missing.on_packet(first + 1003, false, kNow);
    CHECK(missing.pending() == 0);
    CHECK(missing.take_key_frame_needed());
    CHECK_FALSE(missing.take_key_frame_needed());
    missing.on_packet(first + 1005, false, kNow);
    CHECK(due(missing, kNow) == wrapped({first + 1004}));
  }
}

TEST_CASE("a jump of any size costs no memory") {
  Missing missing;
  missing.on_packet(0, false, kNow);
  missing.on_packet(int64_t{1} << 60, false, kNow);
  CHECK(missing.pending() == 0);
  CHECK(missing.take_key_frame_needed());
}

}  // namespace
}  // namespace sfu::rtp
