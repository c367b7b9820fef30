#include "core/bwe/acknowledged_rate.hpp"

#include <doctest/doctest.h>

namespace sfu::bwe {
namespace {

struct Receiver {
  AcknowledgedRate rate;
  Time now{1000s};
  Duration delay = 30ms;

  void run(Duration span, Bitrate at, int64_t size = 1200) {
    for (const Time end = now + span; now < end; now += at.time_for(size)) rate.add(now, now + delay, size);
  }
  double in_kbps() const { return static_cast<double>(rate.get().value_or(0_bps).bps) / 1000; }
};

TEST_CASE("nothing is known before enough has arrived") {
  Receiver receiver;
  CHECK_FALSE(receiver.rate.get());
  receiver.run(200ms, 1_mbps);
  CHECK_FALSE(receiver.rate.get());
  receiver.run(100ms, 1_mbps);
  CHECK(receiver.rate.get());
}

TEST_CASE("a steady rate is known well, few packets or many, large or small") {
  struct Row {
    Bitrate rate;
    int64_t size;
  };
  for (const auto& [rate, size] :
       {Row{40_kbps, 100}, {300_kbps, 1200}, {1_mbps, 1200}, {3_mbps, 1200}, {50_mbps, 1200}}) {
    Receiver receiver;
    receiver.run(5s, rate, size);
    CHECK(receiver.in_kbps() == doctest::Approx(static_cast<double>(rate.bps) / 1000).epsilon(0.03));
  }
}

TEST_CASE("a change is known within the time that forty packets take") {
  Receiver receiver;
  receiver.run(5s, 2_mbps);
  receiver.run(1s, 500_kbps);
  CHECK(receiver.in_kbps() == doctest::Approx(500).epsilon(0.05));
  receiver.run(400ms, 2_mbps);
  CHECK(receiver.in_kbps() > 1500);
}

TEST_CASE("what was held up and comes in one go is no higher rate") {
  Receiver receiver;
  receiver.run(5s, 1_mbps);
  const Time release = receiver.now + 500ms;
  for (; receiver.now < release; receiver.now += 9600us)
    receiver.rate.add(receiver.now, release + 30ms, 1200);
  receiver.run(50ms, 1_mbps);
  CHECK(receiver.in_kbps() < 1150);
}

TEST_CASE("a late packet counts, and does no harm") {
  Receiver receiver;
  receiver.run(5s, 1_mbps);
  receiver.rate.add(receiver.now - 300ms, receiver.now - 100ms, 1200);
  receiver.run(100ms, 1_mbps);
  CHECK(receiver.in_kbps() == doctest::Approx(1000).epsilon(0.1));
}

TEST_CASE("after silence the rate is not known, nor after the receiver's clock was set back") {
  Receiver receiver;
  receiver.run(1s, 1_mbps);
  receiver.now += 10s;
  receiver.run(50ms, 1_mbps);
  CHECK_FALSE(receiver.rate.get());
  receiver.run(1s, 1_mbps);
  receiver.delay = -20s;
  receiver.run(50ms, 1_mbps);
  CHECK_FALSE(receiver.rate.get());
  receiver.run(1s, 1_mbps);
  CHECK(receiver.in_kbps() == doctest::Approx(1000).epsilon(0.05));
}

}  // namespace
}  // namespace sfu::bwe
