#include "core/rtp/rewriter.hpp"

#include <doctest/doctest.h>

namespace sfu::rtp {
namespace {

constexpr uint16_t kStarts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
constexpr uint32_t kClock = 90000;
const Time kNow{100s};

TEST_CASE("the first packet gets the numbers agreed on") {
  for (uint16_t first : kStarts) {
    Rewriter rewriter(kClock, first, 0xfffffff0);
    CHECK_FALSE(rewriter.started());
    rewriter.switch_to(1, 5000, 777, {}, kNow);
    const auto out = rewriter.forward(5000, 777, kNow);
    CHECK(out->index == first);
    CHECK(out->sequence() == first);
    CHECK(out->timestamp == 0xfffffff0);
  }
}

TEST_CASE("the rollover counter rises when the sequence number wraps, and a late packet keeps the old one") {
  Rewriter rewriter(kClock, 65534, 0);
  rewriter.switch_to(1, 0, 0, {}, kNow);
  rewriter.forward(0, 0, kNow);
  CHECK(rewriter.forward(2, 0, kNow)->index == 0x10000);
  CHECK(rewriter.forward(1, 0, kNow)->index == 0xffff);
}

TEST_CASE("timestamps keep their distances within a stream, over the wrap") {
  Rewriter rewriter(kClock, 0, 50);
  rewriter.switch_to(1, 0, 0xfffffff0, {}, kNow);
  CHECK(rewriter.forward(0, 0xfffffff0, kNow)->timestamp == 50);
  CHECK(rewriter.forward(1, 0x00000010, kNow)->timestamp == 82);
  CHECK(rewriter.newest_timestamp() == 82);
}

TEST_CASE("a switch advances the timestamp by the time passed") {
  for (uint16_t first : kStarts) {
    Rewriter rewriter(kClock, first, 0xffffff00);
    rewriter.switch_to(1, 10, 1000, {}, kNow);
    rewriter.forward(10, 1000, kNow);
    rewriter.switch_to(2, 900, 123456, {}, kNow + 20ms);
    const auto out = rewriter.forward(900, 123456, kNow + 20ms);
    CHECK(out->sequence() == static_cast<uint16_t>(first + 1));
    CHECK(out->timestamp == 0xffffff00 + 1800);
  }
}

TEST_CASE("a switch in no time still advances the timestamp") {
  Rewriter rewriter(kClock, 0, 0);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(10, 1000, kNow);
  rewriter.switch_to(2, 900, 5, {}, kNow);
  CHECK(rewriter.forward(900, 5, kNow)->timestamp == 1);
}

TEST_CASE("packets of an old frame do not move the moment that a switch counts from") {
  Rewriter rewriter(kClock, 0, 0);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(11, 1000, kNow);
  rewriter.forward(10, 910, kNow + 1s);
  rewriter.switch_to(2, 900, 5, {}, kNow + 1s);
  CHECK(rewriter.forward(900, 5, kNow + 1s)->timestamp == 90000);
}

TEST_CASE("an aligned switch puts the new stream where the old one would be") {
  Rewriter rewriter(kClock, 0, 0);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(10, 1000, kNow);
  rewriter.switch_to(2, 900, 70000, 1000 + 333, kNow);
  CHECK(rewriter.forward(900, 70000, kNow + 9s)->timestamp == 333);
}

TEST_CASE("an aligned switch never leads back") {
  Rewriter rewriter(kClock, 0, 500);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(10, 1000, kNow);
  rewriter.switch_to(2, 900, 70000, 1000 - 333, kNow);
  CHECK(rewriter.forward(900, 70000, kNow)->timestamp == 501);
}

TEST_CASE("what was moved up to keep timestamps from going back is made good at a later switch") {
  Rewriter rewriter(kClock, 0, 500);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(10, 1000, kNow);
  REQUIRE(rewriter.switch_to(2, 900, 70000, 1000 - 333, kNow));
  rewriter.forward(900, 70000, kNow);  // at 501, 334 too late
  REQUIRE(rewriter.switch_to(1, 20, 4000, 70000 + 3333, kNow + 33ms));
  CHECK(rewriter.forward(20, 4000, kNow + 33ms)->timestamp == 3500);
}

TEST_CASE("a switch that would lead back by more than 75 ms is refused") {
  Rewriter rewriter(kClock, 0, 500);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(10, 1000, kNow);
  CHECK_FALSE(rewriter.switch_to(2, 900, 70000, 1000 - 90 * 75, kNow));
  CHECK(rewriter.forward(11, 4000, kNow)->timestamp == 3500);
  CHECK(rewriter.switch_to(2, 900, 70000, 4000 - 90 * 75 + 1, kNow));
}

TEST_CASE("clocks that cannot be true are not believed: the time passed counts") {
  for (const uint32_t lie : {1000u + 90000 * 10, 1000u - 90000 * 10}) {
    Rewriter rewriter(kClock, 0, 0);
    rewriter.switch_to(1, 10, 1000, {}, kNow);
    rewriter.forward(10, 1000, kNow);
    CHECK(rewriter.switch_to(2, 900, 70000, lie, kNow + 20ms));
    CHECK(rewriter.forward(900, 70000, kNow + 20ms)->timestamp == 1800);
  }
}

TEST_CASE("there is no way back within a stream") {
  Rewriter rewriter(kClock, 0, 0);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(12, 1000, kNow);
  rewriter.switch_to(2, 900, 70000, {}, kNow);
  rewriter.forward(900, 70000, kNow);
  CHECK_FALSE(rewriter.switch_to(1, 11, 1000, {}, kNow));
  CHECK(rewriter.switch_to(1, 13, 4000, {}, kNow));
}

TEST_CASE("a stream resumed after a pause keeps its timestamps and closes the gap in its numbers") {
  Rewriter rewriter(kClock, 0, 0);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.forward(10, 1000, kNow);
  rewriter.switch_to(1, 5010, 451000, 451000, kNow + 5s);
  const auto out = rewriter.forward(5010, 451000, kNow + 5s);
  CHECK(out->sequence() == 1);
  CHECK(out->timestamp == 450000);
}

TEST_CASE("skipped packets and those from before a switch are not forwarded") {
  Rewriter rewriter(kClock, 0, 0);
  rewriter.switch_to(1, 10, 1000, {}, kNow);
  rewriter.skip(10);
  CHECK_FALSE(rewriter.forward(10, 1000, kNow));
  CHECK_FALSE(rewriter.forward(9, 1000, kNow));
  CHECK(rewriter.forward(11, 1000, kNow)->index == 0);
}

TEST_CASE("a requested number leads back to the packet, its stream and its timestamp") {
  for (uint16_t first : kStarts) {
    Rewriter rewriter(kClock, first, 4000);
    rewriter.switch_to(1, 10, 1000, {}, kNow);
    rewriter.forward(10, 1000, kNow);
    rewriter.forward(11, 1000, kNow);
    rewriter.switch_to(2, 900, 5, {}, kNow + 1s);
    rewriter.forward(900, 5, kNow + 1s);
    const auto old = rewriter.source_of(static_cast<uint16_t>(first + 1));
    REQUIRE(old);
    CHECK(old->stream == 1);
    CHECK(old->sequence == 11);
    CHECK(1000 + old->timestamp_offset == 4000);
    CHECK(old->index == first + 1u);
    CHECK(rewriter.source_of(static_cast<uint16_t>(first + 2))->sequence == 900);
    CHECK_FALSE(rewriter.source_of(static_cast<uint16_t>(first + 3)));
    CHECK_FALSE(rewriter.source_of(static_cast<uint16_t>(first - 1)));
  }
}

}  // namespace
}  // namespace sfu::rtp
