#include "load/sinks.hpp"

#include <doctest/doctest.h>

#include "load/stamp.hpp"

namespace sfu::load {
namespace {

constexpr uint32_t kConsumer = 5;

std::vector<uint8_t> packet(uint32_t stream, uint32_t index, Time made, bool whole = true,
                            uint16_t sequence = 0) {
  std::vector<uint8_t> out(12 + 100);
  out[0] = 0x80;
  store16(out.data() + 2, sequence);
  Stamp{stream, whole, index, made}.write(MutableBytes(out).subspan(12));
  return out;
}

struct Fixture {
  Fixture() { sinks.start(kConsumer); }
  void receive(uint32_t stream, uint32_t index, Duration delay = 100us) {
    sinks.receive(kConsumer, packet(stream, index, now), now + delay);
  }
  Sinks sinks;
  Time now{1h};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a stream that comes whole has nothing missing") {
  for (uint32_t i = 3; i < 103; ++i) receive(1, i);
  const channel::SinkStats stats = sinks.take();
  CHECK(stats.packets == 100);
  CHECK(stats.bytes == 100 * 112);
  CHECK(stats.missing + stats.repeated + stats.corrupt == 0);
  CHECK(sinks.take().packets == 0);
}

TEST_CASE_FIXTURE(Fixture, "what is left out is missing, what comes again is repeated") {
  for (const uint32_t i : {1, 2, 5, 6, 6, 4}) receive(1, i);
  const channel::SinkStats stats = sinks.take();
  CHECK(stats.missing == 2);
  CHECK(stats.repeated == 2);
}

TEST_CASE_FIXTURE(Fixture, "another stream begins where it begins") {
  receive(1, 10);
  receive(2, 1000);
  receive(2, 1001);
  const channel::SinkStats stats = sinks.take();
  CHECK(stats.missing + stats.repeated == 0);
}

TEST_CASE_FIXTURE(Fixture, "of a stream with layers the sequence numbers tell what is missing") {
  for (const uint16_t sequence : std::initializer_list<uint16_t>{65534, 65535, 0, 1, 4, 4})
    sinks.receive(kConsumer, packet(1, sequence * 3u, now, false, sequence), now);
  const channel::SinkStats stats = sinks.take();
  CHECK(stats.missing == 2);
  CHECK(stats.repeated == 1);
}

TEST_CASE_FIXTURE(Fixture, "what no source sent is corrupt") {
  std::vector<uint8_t> wrong = packet(1, 1, now);
  wrong[60] ^= 1;
  sinks.receive(kConsumer, wrong, now);
  for (size_t size = 0; size < 40; ++size) sinks.receive(kConsumer, Bytes(wrong).first(size), now);
  wrong[0] = 0x9f;  // CSRCs and an extension that are not there
  sinks.receive(kConsumer, wrong, now);
  CHECK(sinks.take().corrupt == 42);
}

TEST_CASE_FIXTURE(Fixture, "a delay is counted where it belongs, to a thirtieth") {
  for (const int64_t us : {0, 1, 63, 64, 100, 999, 1000, 12'345, 5'000'000}) {
    CAPTURE(us);
    receive(1, 1, Duration(us));
    const channel::SinkStats stats = sinks.take();
    REQUIRE(stats.delays.size() == 1);
    CHECK(stats.delays[0].packets == 1);
    CHECK(stats.delays[0].microseconds >= us);
    CHECK(stats.delays[0].microseconds <= us + us / 30);
  }
  receive(1, 1, -5us);
  receive(1, 1, 24h);
  CHECK(sinks.take().delays.size() == 2);
}

}  // namespace sfu::load
