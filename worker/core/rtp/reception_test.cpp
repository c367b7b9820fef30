#include "core/rtp/reception.hpp"

#include <doctest/doctest.h>

namespace sfu::rtp {
namespace {

constexpr uint32_t kStarts[] = {0, 1, 126, 127, 128, 32767, 32768, 65000, 65534, 65535};
constexpr uint32_t kClock = 90000;
const Time kNow{100s};

struct Receiver {
  Reception reception;
  // Sequence numbers beyond 65535 wrap.
  bool take(uint32_t sequence) {
    return reception.on_packet(static_cast<uint16_t>(sequence), sequence * 3000, kNow + sequence * 33333us,
                               kClock, 100);
  }
};

TEST_CASE("nothing received, nothing to report") {
  Reception reception;
  CHECK(reception.expected() == 0);
  CHECK(reception.report().lost == 0);
}

TEST_CASE("without loss all that was expected came") {
  for (uint32_t first : kStarts) {
    Receiver r;
    for (uint32_t i = 0; i < 1000; ++i) CHECK(r.take(first + i));
    CHECK(r.reception.expected() == 1000);
    CHECK(r.reception.lost() == 0);
    const auto report = r.reception.report();
    CHECK(report.fraction_lost == 0);
    CHECK(report.extended_highest == first + 999);
    CHECK(r.reception.packets() == 1000);
    CHECK(r.reception.bytes() == 100'000);
  }
}

TEST_CASE("the fraction lost is that since the last report, the number that of all") {
  for (uint32_t first : kStarts) {
    Receiver r;
    for (uint32_t i = 0; i < 100; ++i)
      if (i % 4 != 1) r.take(first + i);
    auto report = r.reception.report();
    CHECK(report.fraction_lost == 64);
    CHECK(report.lost == 25);
    for (uint32_t i = 100; i < 200; ++i) r.take(first + i);
    report = r.reception.report();
    CHECK(report.fraction_lost == 0);
    CHECK(report.lost == 25);
  }
}

TEST_CASE("reordered packets are not lost, and duplicates make the loss negative") {
  for (uint32_t first : kStarts) {
    Receiver r;
    for (uint32_t i : {0u, 2u, 1u, 4u, 3u, 4u, 4u}) CHECK(r.take(first + i));
    const auto report = r.reception.report();
    CHECK(report.lost == -2);
    CHECK(report.fraction_lost == 0);
    CHECK(report.extended_highest == first + 4);
  }
}

TEST_CASE("a jump is believed when the packet behind it follows, and the count begins anew") {
  for (uint32_t first : kStarts) {
    Receiver r;
    for (uint32_t i = 0; i < 10; ++i) r.take(first + i);
    CHECK_FALSE(r.take(first + 20000));
    CHECK(r.reception.expected() == 10);
    CHECK_FALSE(r.take(first + 20500));
    CHECK(r.take(first + 20501));
    CHECK(r.reception.expected() == 1);
    CHECK(r.reception.lost() == 0);
    CHECK(r.reception.packets() == 11);
    CHECK(r.reception.report().extended_highest == ((first + 20501) & 0xffff));
  }
}

TEST_CASE("one wild packet changes nothing") {
  Receiver r;
  for (uint32_t i = 0; i < 10; ++i) r.take(i);
  CHECK_FALSE(r.take(30000));
  CHECK(r.take(10));
  CHECK_FALSE(r.take(30001));
  CHECK(r.reception.expected() == 11);
}

TEST_CASE("a gap of less than kMaxDropout is a loss") {
  for (uint32_t first : kStarts) {
    Receiver r;
    r.take(first);
    CHECK(r.take(first + Reception::kMaxDropout - 1));
    CHECK(r.reception.lost() == Reception::kMaxDropout - 2);
    CHECK(r.reception.report().fraction_lost == 255);
  }
}

TEST_CASE("the number of lost packets stays within 24 bits") {
  Receiver r;
  uint32_t sequence = 0;
  for (int i = 0; i < 3000; ++i) r.take(sequence += 2999);
  CHECK(r.reception.lost() > 0x7fffff);
  CHECK(r.reception.report().lost == 0x7fffff);
}

TEST_CASE("even spacing has no jitter") {
  Receiver r;
  for (uint32_t i = 0; i < 300; ++i) r.take(i);
  CHECK(r.reception.jitter() <= 1);
}

TEST_CASE("jitter comes near to how much the spacing varies") {
  for (uint32_t base : {0u, 0xfffffff0u}) {
    Reception reception;
    for (uint32_t i = 0; i < 500; ++i) {
      const Duration late = i % 2 ? 10ms : 0ms;
      reception.on_packet(static_cast<uint16_t>(i), base + i * 1800, kNow + i * 20ms + late, kClock, 1);
    }
    CHECK(reception.jitter() > 850);
    CHECK(reception.jitter() <= 900);
  }
}

TEST_CASE("packets of one frame, sent in a burst, are one for the jitter") {
  Reception reception;
  for (uint32_t i = 0; i < 600; ++i)
    reception.on_packet(static_cast<uint16_t>(i), i / 3 * 3000, kNow + i / 3 * 33'333us + i % 3 * 5ms, kClock,
                        1);
  CHECK(reception.jitter() <= 1);
}

TEST_CASE("a pause or a new timestamp base is not jitter") {
  Reception reception;
  reception.on_packet(0, 0, kNow, kClock, 1);
  reception.on_packet(1, 0x7fffffff, kNow + 20ms, kClock, 1);
  reception.on_packet(2, 0x7fffffff + 1800u, kNow + 40ms, kClock, 1);
  reception.on_packet(3, 0x7fffffff + 3600u, kNow + 100h, kClock, 1);
  CHECK(reception.jitter() == 0);
}

}  // namespace
}  // namespace sfu::rtp
