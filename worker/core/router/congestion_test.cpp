#include "core/router/congestion.hpp"

#include <doctest/doctest.h>

#include "core/bwe/arrivals.hpp"
#include "core/rtcp/builder.hpp"
#include "core/rtcp/compound.hpp"

namespace sfu {
namespace {

const Time kStart{1000s};

// Sends a packet and has it acknowledged `delay` later.
struct Path {
  Congestion congestion{600_kbps};
  bwe::Arrivals arrivals;
  Time now = kStart;

  void send(uint16_t size) {
    const uint16_t sequence = congestion.next_sequence();
    congestion.on_sent(size, now);
    congestion.on_sent_numbered({.sent = now, .ssrc = 1, .size = size});
    arrivals.on_packet(sequence, now + 10ms, 1);
  }
  void feed_back() {
    now += 60ms;
    std::array<uint8_t, rtcp::Builder::kMaxSize> datagram;
    rtcp::Builder builder(datagram);
    arrivals.write_feedback(builder, 7);
    rtcp::Reader reader(Bytes(datagram).first(builder.size()));
    while (const auto message = reader.next())
      if (const auto* feedback = std::get_if<rtcp::TransportCc>(&*message))
        congestion.on_feedback(*feedback, now);
  }
};

TEST_CASE("without feedback announced it never rules, and nothing waits") {
  Path path;
  CHECK_FALSE(path.congestion.rules(path.now));
  for (int i = 0; i < 1000; ++i) path.send(1200);
  CHECK(path.congestion.may_send(path.now));
}

TEST_CASE("announced feedback is waited for, then the client is taken for one that cannot") {
  Path path;
  path.congestion.expect_feedback();
  path.congestion.update(path.now);
  CHECK(path.congestion.rules(path.now + 1h));  // nothing was sent yet
  path.send(1200);
  CHECK(path.congestion.rules(path.now + Congestion::kPatience - 1us));
  CHECK_FALSE(path.congestion.may_send(path.now));
  CHECK_FALSE(path.congestion.rules(path.now + Congestion::kPatience));
  path.congestion.update(path.now + Congestion::kPatience);
  CHECK(path.congestion.may_send(path.now + Congestion::kPatience));
}

TEST_CASE("where feedback is announced the very first packets are paced already") {
  Path path;
  path.congestion.expect_feedback();
  int sent = 0;
  for (; path.congestion.may_send(path.now) && sent < 100; ++sent) path.send(1200);
  CHECK(sent == 1);
}

TEST_CASE("feedback that comes after all, and REMB, are believed") {
  Path path;
  path.congestion.expect_feedback();
  path.send(1200);
  path.now += 1min;
  path.feed_back();
  CHECK(path.congestion.rules(path.now));

  Path remb;
  remb.congestion.on_remb(250_kbps, remb.now);
  CHECK(remb.congestion.rules(remb.now));
  CHECK(remb.congestion.estimator().estimate() == 250_kbps);
}

TEST_CASE("what was granted is sent, whatever the estimate") {
  Path path;
  path.congestion.on_remb(50_kbps, path.now);
  const int64_t narrow = path.congestion.slot_bytes();
  path.congestion.set_granted(2_mbps);
  path.congestion.update(path.now);
  CHECK(path.congestion.slot_bytes() > narrow);
  CHECK(path.congestion.slot_bytes() >= (2_mbps).bytes_in(bwe::Pacer::kSlot));
}

TEST_CASE("slots are long where the estimate covers what is wanted, and short where it does not") {
  Path path;
  path.congestion.on_remb(2_mbps, path.now);
  path.congestion.estimator().set_wanted(1_mbps, path.now);
  path.congestion.update(path.now);
  CHECK(path.congestion.slot_bytes() == (5_mbps).bytes_in(bwe::Pacer::kSlotWithRoom));
  path.congestion.estimator().set_wanted(3_mbps, path.now);
  path.congestion.update(path.now);
  CHECK(path.congestion.slot_bytes() == (2_mbps * bwe::Estimator::kPacing).bytes_in(bwe::Pacer::kSlot));
}

TEST_CASE("a probe is sent faster than the media, until it has its bytes and packets") {
  Path path;
  path.congestion.expect_feedback();
  path.congestion.estimator().set_wanted(5_mbps, path.now);
  path.congestion.update(path.now);
  const int64_t slot = path.congestion.slot_bytes();
  for (int i = 0; i < 3; ++i) path.send(500);
  path.feed_back();
  REQUIRE(path.congestion.wants_padding());
  CHECK(path.congestion.slot_bytes() > slot);
  size_t packets = 0;
  for (; path.congestion.wants_padding() && packets < 1000; ++packets) path.send(1200);
  CHECK(packets >= 3);
  CHECK(packets < 1000);
}

TEST_CASE("a probe that nobody can fill is given up") {
  Path path;
  path.congestion.expect_feedback();
  path.congestion.estimator().set_wanted(5_mbps, path.now);
  path.send(500);
  path.feed_back();
  REQUIRE(path.congestion.wants_padding());
  path.congestion.abandon_probe();
  CHECK_FALSE(path.congestion.wants_padding());
}

}  // namespace
}  // namespace sfu
