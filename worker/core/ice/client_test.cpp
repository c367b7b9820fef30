#include "core/ice/client.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "core/ice/server.hpp"

namespace sfu::ice {
namespace {

const Path kPath = {1, Protocol::kUdp, Address::v4(198, 51, 100, 7, 40'000)};

// A client and a server, a round trip apart, and the time between them.
struct Call {
  explicit Call(Client::Options options = {}, Duration consent = 30s)
      : server(random, consent), client(random, server.parameters(), options) {}

  void run_until(Time end) {
    while (std::min(client.deadline(), server.deadline()) <= end) {
      now = std::max(now, std::min(client.deadline(), server.deadline()));
      server.wake(now);
      exchange();
    }
    now = end;
  }
  // The client's check, if one is due, and the answer to it.
  void exchange() {
    std::array<uint8_t, 256> request;
    std::array<uint8_t, stun::kMaxResponse> response;
    const size_t size = client.wake(now, request);
    if (size == 0) return;
    ++checks;
    if (lost > 0 && lost--) return;
    const auto check = stun::Message::parse(Bytes(request).first(size));
    REQUIRE(check);
    const Outcome outcome = server.receive(*check, kPath, now, response);
    const auto answer = stun::Message::parse(Bytes(response).first(outcome.response_size));
    REQUIRE(answer);
    CHECK(client.receive(*answer, now));
  }

  Random random{uint64_t{11}};
  Server server;
  Client client;
  Time now{1s};
  int checks = 0;
  int lost = 0;
};

}  // namespace

TEST_CASE("A client connects, then nominates, then asks for consent every five seconds") {
  Call call;
  call.exchange();
  CHECK(call.client.connected());
  CHECK_FALSE(call.client.nominated());
  CHECK(call.server.state() == State::kConnected);
  CHECK(call.client.mapped_address() == kPath.remote);
  call.exchange();
  CHECK(call.client.nominated());
  CHECK(call.server.state() == State::kCompleted);
  call.run_until(Time(61s));
  CHECK(call.client.answers() == 2 + 12);
  CHECK(call.server.state() == State::kCompleted);
}

TEST_CASE("An aggressive client completes with its first check") {
  Call call({.aggressive = true});
  call.exchange();
  CHECK(call.client.nominated());
  CHECK(call.server.state() == State::kCompleted);
}

TEST_CASE("Lost checks are sent again every 50 ms") {
  Call call;
  call.lost = 4;
  call.run_until(Time(1s + 149ms));
  CHECK(call.checks == 3);
  CHECK_FALSE(call.client.connected());
  call.run_until(Time(1s + 200ms));
  CHECK(call.client.nominated());
}

TEST_CASE("A client that claims the wrong role takes the right one") {
  Call call({.controlled = true});
  call.exchange();
  CHECK(call.client.error() == uint16_t{487});
  call.run_until(Time(2s));
  CHECK(call.client.nominated());
}

TEST_CASE("A client with a wrong password never connects") {
  Call call;
  call.client.restart({call.server.parameters().ufrag, "not the password at all"});
  call.run_until(Time(3s));
  CHECK(call.client.error() == uint16_t{401});
  CHECK_FALSE(call.client.connected());
  CHECK(call.server.state() == State::kNew);
}

TEST_CASE("A client that goes away loses consent after 30 s, and finds it again after a restart") {
  Call call;
  call.run_until(Time(2s));
  call.client.stop();
  call.run_until(Time(31s - 1us));
  CHECK(call.server.state() == State::kCompleted);
  call.run_until(Time(31s));
  CHECK(call.server.state() == State::kDisconnected);

  call.server.restart(call.random);
  call.client.restart(call.server.parameters());
  call.run_until(Time(32s));
  CHECK(call.client.nominated());
  CHECK(call.server.state() == State::kCompleted);
}

TEST_CASE("A restart during a call keeps it") {
  Call call;
  call.run_until(Time(2s));
  call.server.restart(call.random);
  call.run_until(Time(12s));
  CHECK(call.server.state() == State::kCompleted);
  CHECK(call.server.keys().size() == 2);
  call.client.restart(call.server.parameters());
  call.run_until(Time(13s));
  CHECK(call.client.nominated());
  CHECK(call.server.keys().size() == 1);
}

TEST_CASE("A client may nominate again") {
  Call call;
  call.run_until(Time(2s));
  call.client.renominate(1);
  CHECK_FALSE(call.client.nominated());
  call.run_until(Time(3s));
  CHECK(call.client.nominated());
}

}  // namespace sfu::ice
