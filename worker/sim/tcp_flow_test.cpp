#include "sim/tcp_flow.hpp"

#include <doctest/doctest.h>

namespace sfu::sim {
namespace {

constexpr Time kStart{Duration(1h)};

struct Network {
  explicit Network(Bitrate rate, Bottleneck::Queue queue = {.max_wait = 100ms})
      : bottleneck(kStart, {{0s, rate}}, queue) {}
  void run_until(Time end) {
    while (agenda.next() <= end) {
      now = agenda.next();
      agenda.run_due(now);
    }
    now = end;
  }
  Agenda agenda;
  Bottleneck bottleneck;
  Time now = kStart;
};

double megabits(int64_t bytes, Duration span) { return static_cast<double>(bytes) * 8 / 1e6 / seconds(span); }

}  // namespace

TEST_CASE("a TCP flow alone fills a link whose queue is as long as its round trip") {
  for (const Bitrate rate : {1_mbps, 5_mbps}) {
    Network network(rate);
    TcpFlow flow(network.agenda, network.bottleneck, 50ms);
    flow.send_for_ever(kStart);
    network.run_until(kStart + 10s);
    const int64_t before = flow.delivered();
    network.run_until(kStart + 60s);
    CHECK(megabits(flow.delivered() - before, 50s) > static_cast<double>(rate.bps) / 1e6 * 0.9);
    CHECK(flow.retransmitted() > 0);  // Reno asks for more until something is dropped
  }
}

TEST_CASE("two TCP flows share a link") {
  Network network(4_mbps);
  TcpFlow one(network.agenda, network.bottleneck, 50ms), other(network.agenda, network.bottleneck, 50ms);
  one.send_for_ever(kStart);
  network.run_until(kStart + 7s);
  other.send_for_ever(network.now);
  network.run_until(kStart + 40s);
  const int64_t first = one.delivered(), second = other.delivered();
  network.run_until(kStart + 160s);
  const auto a = static_cast<double>(one.delivered() - first);
  const auto b = static_cast<double>(other.delivered() - second);
  CHECK(a / b > 0.5);
  CHECK(a / b < 2);
  CHECK(megabits(static_cast<int64_t>(a + b), 120s) > 3.4);
}

TEST_CASE("a transfer delivers what it was given and says when it is done") {
  Network network(2_mbps);
  TcpFlow flow(network.agenda, network.bottleneck, 20ms);
  std::optional<Time> done;
  flow.send(300'000, kStart, [&](Time at) { done = at; });
  network.run_until(kStart + 30s);
  REQUIRE(done);
  CHECK(flow.delivered() >= 300'000);
  CHECK(flow.delivered() < 302'000);
  CHECK(*done - kStart > 1200ms);  // what 300 kB take at 2 Mbit/s
  CHECK(*done - kStart < 3s);
}

TEST_CASE("a TCP flow comes back after an outage") {
  Agenda agenda;
  Bottleneck bottleneck(kStart, {{0s, 2_mbps}, {5s, 0_bps}, {8s, 2_mbps}}, {.max_wait = 100ms});
  TcpFlow flow(agenda, bottleneck, 20ms);
  flow.send_for_ever(kStart);
  while (agenda.next() < kStart + 20s) agenda.run_due(agenda.next());
  const int64_t before = flow.delivered();
  while (agenda.next() < kStart + 30s) agenda.run_due(agenda.next());
  CHECK(megabits(flow.delivered() - before, 10s) > 1.8);
}

}  // namespace sfu::sim
