#include "core/bwe/pacer.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/base/random.hpp"

namespace sfu::bwe {
namespace {

const Time kStart{1000s};

Pacer pacer_of(int64_t bps) {
  Pacer pacer;
  pacer.set_rate({bps}, kStart);
  return pacer;
}

// Sends packets of `size` for as long as it is open; how many.
int send_all(Pacer& pacer, Time now, int64_t size) {
  int sent = 0;
  for (; pacer.open(now) && sent < 10'000; ++sent) pacer.on_sent(size);
  return sent;
}

TEST_CASE("at one moment a slot's worth is sent, rounded up to a whole packet") {
  struct {
    int64_t bps;
    int64_t size;
    int packets;
  } const table[] = {
      {300'000, 1200, 1},    // 187 bytes a slot
      {1'920'000, 1200, 1},  // 1,200 bytes a slot
      {2'000'000, 1200, 2},  // 1,250
      {20'000'000, 1200, 11}, {20'000'000, 100, 125},
  };
  for (const auto& row : table) {
    Pacer pacer = pacer_of(row.bps);
    CAPTURE(row.bps);
    CHECK(send_all(pacer, kStart + 1s, row.size) == row.packets);
    CHECK_FALSE(pacer.open(kStart + 1s));
  }
}

TEST_CASE("with room an ordinary frame is sent at one moment, but never more than 16 packets for that") {
  struct {
    int64_t bps;
    int packets;
  } const table[] = {
      {300'000, 1},      // 562 bytes in 15 ms
      {2'800'000, 5},    // 5,250
      {9'000'000, 15},   // 16,875, of 18,000
      {20'000'000, 15},  // 18,000
      {40'000'000, 21},  // 25,000 in 5 ms
  };
  for (const auto& row : table) {
    Pacer pacer;
    pacer.set_rate({row.bps}, kStart, true);
    CAPTURE(row.bps);
    CHECK(send_all(pacer, kStart + 1s, 1200) == row.packets);
    CHECK(pacer.slot_bytes() > (row.packets - 1) * 1200);
    CHECK(pacer.slot_bytes() <= row.packets * 1200);
  }
}

TEST_CASE("what has to wait goes out in slots of 5 ms, with room too, and at the same rate") {
  Pacer pacer;
  pacer.set_rate({9'600'000}, kStart, true);  // 6,000 bytes in 5 ms
  send_all(pacer, kStart + 1s, 1200);
  for (int slot = 1; slot <= 10; ++slot) {
    const Time now = kStart + 1s + slot * Pacer::kSlot;
    CHECK(pacer.opens(now - 1us) == now);
    CHECK(send_all(pacer, now, 1200) == 5);
  }
}

TEST_CASE("a path that has no room any more gets no long slot any more") {
  Pacer pacer;
  pacer.set_rate({9'600'000}, kStart, true);
  pacer.set_rate({9'600'000}, kStart + 1s);
  CHECK(send_all(pacer, kStart + 1s, 1200) == 5);
}

TEST_CASE("over time exactly the rate is sent, whatever the packets") {
  for (const int64_t bps : {50'000, 300'000, 1'000'000, 30'000'000, 900'000'000})
    for (const int64_t size : {60, 333, 1200}) {
      CAPTURE(bps);
      CAPTURE(size);
      Pacer pacer = pacer_of(bps);
      Time now = kStart + 1s;
      int64_t sent = 0;
      for (const Time end = now + 10s; now < end; now = pacer.opens(now))
        sent += send_all(pacer, now, size) * size;
      CHECK(sent * 8 / 10 == doctest::Approx(static_cast<double>(bps)).epsilon(0.05));
    }
}

TEST_CASE("often asked, it fills no more slowly") {
  Pacer pacer = pacer_of(300'000);
  int sent = 0;
  for (Time now = kStart; now < kStart + 10s; now += 7us) {
    if (!pacer.open(now)) continue;
    pacer.on_sent(1200);
    ++sent;
  }
  CHECK(sent == doctest::Approx(300'000 / 8 * 10 / 1200).epsilon(0.01));
}

TEST_CASE("it opens at the end of a slot, when it has something to give") {
  Pacer pacer = pacer_of(960'000);  // 1,200 bytes in 10 ms
  Time now = kStart + 1ms;
  CHECK(pacer.opens(now) == now);
  pacer.on_sent(1200);  // half of which it had not
  const Time opens = pacer.opens(now);
  CHECK(opens.time_since_epoch() % Pacer::kSlot == 0us);
  CHECK(opens == kStart + 10ms);
  CHECK_FALSE(pacer.open(opens - 5ms));
  CHECK(pacer.open(opens));
}

TEST_CASE("what does not wait is paid for by what does") {
  Pacer pacer = pacer_of(800'000);  // 100 bytes a millisecond
  for (int i = 0; i < 10; ++i) pacer.on_sent(200);
  CHECK_FALSE(pacer.open(kStart + 10ms));
  CHECK_FALSE(pacer.open(kStart + 20ms - 1us));  // closed until the slot ends
  CHECK(pacer.open(kStart + 20ms));
}

TEST_CASE("closed shortly before a slot ends, it stays closed for the next one") {
  struct {
    Duration closed, opens;
  } const table[] = {{0ms, 5ms}, {3900us, 5ms}, {4ms, 5ms}, {4001us, 10ms}, {4900us, 10ms}, {5ms, 10ms}};
  for (const auto& row : table) {
    Pacer pacer = pacer_of(20'000'000);
    send_all(pacer, kStart + 1s + row.closed, 100);
    CAPTURE(row.closed.count());
    CHECK_FALSE(pacer.open(kStart + 1s + row.opens - 1us));
    CHECK(pacer.opens(kStart + 1s + row.closed) == kStart + 1s + row.opens);
    CHECK(pacer.open(kStart + 1s + row.opens));
  }
}

TEST_CASE("a new rate opens it sooner, but at the end of a slot too") {
  Pacer pacer = pacer_of(100'000);
  send_all(pacer, kStart + 1s, 1200);
  CHECK(pacer.opens(kStart + 1s) == kStart + 1095ms);
  pacer.set_rate({100'000'000}, kStart + 1012ms);
  CHECK_FALSE(pacer.open(kStart + 1014ms));
  CHECK(pacer.opens(kStart + 1014ms) == kStart + 1015ms);
}

TEST_CASE("a rate that grows or falls holds from now on") {
  Pacer pacer = pacer_of(10'000'000);
  pacer.set_rate({100'000}, kStart + 1s);
  CHECK(send_all(pacer, kStart + 1s, 1200) == 1);
  pacer.set_rate({10'000'000}, kStart + 1s);
  CHECK(pacer.opens(kStart + 1s) == kStart + 1005ms);
}

TEST_CASE("it stands any rate, any debt and time that goes nowhere") {
  Random random(7);
  Pacer pacer;
  Time now = kStart;
  for (int i = 0; i < 10'000; ++i) {
    pacer.set_rate({static_cast<int64_t>(random.u64() >> random.below(64)) - 1000}, now);
    pacer.on_sent(random.below(100'000));
    CHECK(pacer.opens(now) >= now);
    now += Duration(random.below(1000) == 0 ? 1'000'000'000'000 : random.below(20'000));
  }
}

}  // namespace
}  // namespace sfu::bwe
