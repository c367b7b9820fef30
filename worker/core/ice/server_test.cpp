#include "core/ice/server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/stun/binding.hpp"
#include "core/stun/message_writer.hpp"

namespace sfu::ice {
namespace {

constexpr uint32_t kHigh = 0x6e7f1eff, kLow = 0x6e7e1eff;

Path udp(uint8_t host, uint32_t socket = 1) {
  return {socket, Protocol::kUdp, Address::v4(192, 0, 2, host, 5000)};
}
Path tcp(uint8_t host) { return {100u + host, Protocol::kTcp, Address::v4(192, 0, 2, host, 5000)}; }

// A check, by default one without nomination.
struct Check {
  uint32_t priority = kHigh;
  bool use_candidate = false;
  std::optional<uint32_t> nomination = std::nullopt;
  bool controlled = false;
};
constexpr Check kPlain{};
constexpr Check kNominating{.use_candidate = true};

class Agent {
 public:
  explicit Agent(Duration consent_timeout = 30s)
      : server(random, consent_timeout), remote(server.parameters()) {}

  Outcome check(const Path& path, const Check& check, Time at = Time(1s)) {
    return receive(path, at, request(check));
  }
  Outcome receive(const Path& path, Time at, Bytes bytes) {
    const auto message = stun::Message::parse(bytes);
    REQUIRE(message);
    const Outcome outcome = server.receive(*message, path, at, out_);
    answer = stun::Message::parse(Bytes(out_).first(outcome.response_size));
    return outcome;
  }
  // The bytes of a check by the credentials in `remote`.
  Bytes request(const Check& check) {
    stun::BindingRequest request;
    random.fill(request.transaction);
    const std::string username = remote.ufrag + ":peer";
    request.username = username;
    request.priority = check.priority;
    (check.controlled ? request.controlled : request.controlling) = 42;
    request.use_candidate = check.use_candidate;
    request.nomination = check.nomination;
    return Bytes(in_).first(request.write(in_, stun::IntegrityKey(remote.password)));
  }
  std::optional<UfragKey> restart() { return server.restart(random); }
  bool answer_is_signed_by(const std::string& password) const {
    return answer && answer->has_integrity(stun::IntegrityKey(password));
  }
  // Whom the server sends to, by the last byte of its address.
  int sends_to() const { return server.selected() ? server.selected()->remote.ip[15] : 0; }

  Random random{uint64_t{1}};
  Server server;
  Parameters remote;
  std::optional<stun::Message> answer;

 private:
  std::array<uint8_t, 512> in_{};
  std::array<uint8_t, stun::kMaxResponse> out_{};
};

// A request as `write` makes it, with MESSAGE-INTEGRITY by `password` unless that is empty.
template <class Write>
std::vector<uint8_t> custom(std::string_view password, Write&& write,
                            stun::Class type = stun::Class::kRequest) {
  std::vector<uint8_t> out(256);
  stun::MessageWriter message(out, type, stun::kBinding, {1, 2, 3});
  write(message);
  if (!password.empty()) message.integrity(stun::IntegrityKey(password));
  out.resize(message.finish());
  return out;
}
auto named(const std::string& username) {
  return [=](stun::MessageWriter& m) { m.bytes(stun::Attribute::kUsername, as_bytes(username)); };
}

}  // namespace

TEST_CASE("A new agent has credentials of the lengths that RFC 8445, 5.3 asks for, and sends nowhere") {
  Agent agent;
  CHECK(agent.server.parameters().ufrag.size() == 8);
  CHECK(agent.server.parameters().password.size() >= 22);
  CHECK(agent.server.keys() == std::vector{*ufrag_key(agent.server.parameters().ufrag)});
  CHECK(agent.server.state() == State::kNew);
  CHECK(agent.server.selected() == nullptr);
  CHECK(agent.server.deadline() == kNever);
}

TEST_CASE("A check is answered with the address that it came from, signed by our password") {
  Agent agent;
  const Path path = {3, Protocol::kUdp, *Address::parse("2001:db8::7", 4321)};
  const Outcome outcome = agent.check(path, kPlain);
  REQUIRE(agent.answer);
  CHECK(agent.answer->type == stun::Class::kSuccess);
  CHECK(agent.answer->mapped_address == path.remote);
  CHECK(agent.answer_is_signed_by(agent.server.parameters().password));
  CHECK(agent.answer->has_fingerprint);
  CHECK(outcome.added == path);
  CHECK_FALSE(outcome.drop);
}

TEST_CASE("Chromium: a plain check connects, a nominating one completes") {
  Agent agent;
  const Outcome first = agent.check(udp(1), kPlain);
  CHECK(first.added == udp(1));
  CHECK(first.selected_changed);
  CHECK(first.state_changed);
  CHECK(agent.server.state() == State::kConnected);
  CHECK(agent.sends_to() == 1);

  const Outcome second = agent.check(udp(2), kPlain);
  CHECK(second.added == udp(2));
  CHECK_FALSE(second.selected_changed);
  CHECK_FALSE(second.state_changed);

  const Outcome nominated = agent.check(udp(2), kNominating);
  CHECK_FALSE(nominated.added);
  CHECK(nominated.selected_changed);
  CHECK(nominated.state_changed);
  CHECK(agent.server.state() == State::kCompleted);
  CHECK(agent.sends_to() == 2);

  const Outcome again = agent.check(udp(2), kNominating);
  CHECK_FALSE(again.selected_changed);
  CHECK_FALSE(again.state_changed);
}

TEST_CASE("Firefox: each first check nominates, and the best pair wins in whatever order they come") {
  const Check high{.priority = kHigh, .use_candidate = true}, low{.priority = kLow, .use_candidate = true};
  SUBCASE("best first") {
    Agent agent;
    agent.check(udp(1), high, Time(1s));
    CHECK(agent.server.state() == State::kCompleted);
    CHECK_FALSE(agent.check(udp(2, 2), low, Time(1s + 20ms)).selected_changed);
    CHECK_FALSE(agent.check(tcp(3), high, Time(1s + 40ms)).selected_changed);
    CHECK_FALSE(agent.check(udp(2, 2), low, Time(1s + 60ms)).selected_changed);
    CHECK(agent.sends_to() == 1);
  }
  SUBCASE("best last") {
    Agent agent;
    agent.check(tcp(3), high, Time(1s));
    CHECK(agent.check(udp(2, 2), low, Time(1s + 20ms)).selected_changed);
    CHECK(agent.check(udp(1), high, Time(1s + 40ms)).selected_changed);
    CHECK(agent.sends_to() == 1);
  }
  SUBCASE("equal priorities") {
    Agent agent;
    agent.check(udp(1, 1), high, Time(1s));
    CHECK_FALSE(agent.check(udp(2, 2), high, Time(1s + 20ms)).selected_changed);
    CHECK_FALSE(agent.check(udp(1, 1), high, Time(1s + 40ms)).selected_changed);
    CHECK(agent.sends_to() == 1);
  }
}

TEST_CASE("A lower pair is followed once the better one was not nominated for three seconds") {
  const Check low{.priority = kLow, .use_candidate = true};
  Agent agent;
  agent.check(udp(1), kNominating, Time(10s));
  agent.check(udp(1), kNominating, Time(12s));
  CHECK_FALSE(agent.check(udp(2), low, Time(15s - 1us)).selected_changed);
  CHECK(agent.check(udp(2), low, Time(15s)).selected_changed);
  CHECK(agent.sends_to() == 2);
  CHECK_FALSE(agent.check(udp(1), kPlain, Time(16s)).selected_changed);
}

TEST_CASE("A NAT rebinding of the nominated pair is followed at once") {
  Agent agent;
  agent.check(udp(1), kNominating);
  const Outcome rebound = agent.check(udp(2), kNominating);
  CHECK(rebound.added == udp(2));
  CHECK(rebound.selected_changed);
  CHECK(agent.sends_to() == 2);
}

TEST_CASE("A higher NOMINATION selects whatever the priority, an old one does nothing") {
  Agent agent;
  agent.check(udp(1), {.priority = kHigh, .use_candidate = true, .nomination = 1});
  const Check second{.priority = kLow, .nomination = 2};
  CHECK(agent.check(tcp(2), second).selected_changed);
  CHECK(agent.sends_to() == 2);

  CHECK_FALSE(
      agent.check(udp(1), {.priority = kHigh, .use_candidate = true, .nomination = 1}).selected_changed);
  CHECK_FALSE(
      agent.check(udp(3), {.priority = kHigh, .use_candidate = true, .nomination = 2}).selected_changed);
  CHECK_FALSE(agent.check(udp(4), {.priority = kHigh, .use_candidate = true}).selected_changed);
  CHECK_FALSE(agent.check(tcp(2), second).selected_changed);
  CHECK(agent.sends_to() == 2);

  CHECK(agent.check(udp(1), {.priority = kHigh, .nomination = 0xffffffff}).selected_changed);
  CHECK(agent.sends_to() == 1);
}

TEST_CASE("NOMINATION alone completes, a NOMINATION of 0 does not") {
  Agent agent;
  agent.check(udp(1), {.nomination = 0});
  CHECK(agent.server.state() == State::kConnected);
  agent.check(udp(1), {.nomination = 1});
  CHECK(agent.server.state() == State::kCompleted);
}

TEST_CASE("Before nomination the peer's data is followed, on validated pairs only") {
  Agent agent;
  CHECK_FALSE(agent.server.migrate(udp(1), Time(1s)).selected_changed);
  agent.check(udp(1), kPlain);
  agent.check(udp(2), kPlain);
  CHECK_FALSE(agent.server.migrate(udp(9), Time(1s)).selected_changed);
  CHECK(agent.server.migrate(udp(2), Time(1s)).selected_changed);
  CHECK_FALSE(agent.server.migrate(udp(2), Time(1s)).selected_changed);
  CHECK(agent.sends_to() == 2);
  CHECK(agent.server.state() == State::kConnected);
}

TEST_CASE("After nomination data on another pair does not move us") {
  Agent agent;
  agent.check(udp(1), kNominating);
  agent.check(udp(2), kPlain);
  CHECK_FALSE(agent.server.migrate(udp(2), Time(1s)).selected_changed);
  CHECK(agent.sends_to() == 1);
}

TEST_CASE("Data is not followed onto a pair without consent") {
  Agent agent;
  agent.check(udp(2), kPlain, Time(1s));
  agent.check(udp(1), kPlain, Time(20s));
  agent.server.migrate(udp(1), Time(20s));
  CHECK_FALSE(agent.server.migrate(udp(2), Time(31s)).selected_changed);
  CHECK(agent.sends_to() == 1);
}

TEST_CASE("RFC 7675: consent lasts the timeout after the last authenticated request, and no longer") {
  Agent agent(30s);
  agent.check(udp(1), kNominating, Time(1s));
  CHECK(agent.server.deadline() == Time(31s));
  agent.check(udp(1), kPlain, Time(6s));
  CHECK(agent.server.deadline() == Time(36s));
  CHECK_FALSE(agent.server.wake(Time(36s - 1us)).state_changed);

  const Outcome expired = agent.server.wake(Time(36s));
  CHECK(expired.state_changed);
  CHECK_FALSE(expired.selected_changed);
  CHECK(agent.server.state() == State::kDisconnected);
  CHECK(agent.server.disconnect_reason() == DisconnectReason::kConsentExpired);
  CHECK(agent.server.selected() == nullptr);
  CHECK(agent.server.deadline() == kNever);
  CHECK_FALSE(agent.server.wake(Time(100s)).state_changed);
}

TEST_CASE("A request that is not authentic gives no consent") {
  Agent agent;
  agent.check(udp(1), kNominating, Time(1s));
  agent.remote.password += "x";
  agent.check(udp(1), kNominating, Time(20s));
  CHECK(agent.server.deadline() == Time(31s));
}

TEST_CASE("A consent timeout of 0 never expires") {
  Agent agent(0s);
  agent.check(udp(1), kNominating);
  CHECK(agent.server.deadline() == kNever);
  CHECK_FALSE(agent.server.wake(Time(1'000'000s)).state_changed);
  CHECK(agent.sends_to() == 1);
}

TEST_CASE("When the selected pair loses consent, one that has it takes its place") {
  Agent agent;
  agent.check(udp(1), kNominating, Time(1s));
  agent.check(udp(2), kPlain, Time(20s));
  const Outcome outcome = agent.server.wake(Time(31s));
  CHECK(outcome.selected_changed);
  CHECK_FALSE(outcome.state_changed);
  CHECK(agent.sends_to() == 2);
  CHECK(agent.server.deadline() == Time(50s));
}

TEST_CASE("An authenticated request revives a disconnected agent, completed if its pair was nominated") {
  for (const bool nominated : {false, true}) {
    Agent agent;
    agent.check(udp(1), nominated ? kNominating : kPlain, Time(1s));
    agent.server.wake(Time(31s));
    REQUIRE(agent.server.state() == State::kDisconnected);
    const Outcome revived = agent.check(udp(1), kPlain, Time(40s));
    CHECK(revived.state_changed);
    CHECK(revived.selected_changed);
    CHECK(agent.server.state() == (nominated ? State::kCompleted : State::kConnected));
    CHECK(agent.server.deadline() == Time(70s));
  }
}

TEST_CASE("A closed TCP connection disconnects when it was the only pair") {
  Agent agent;
  agent.check(tcp(1), kNominating);
  const Outcome outcome = agent.server.remove(tcp(1), Time(2s));
  CHECK(outcome.state_changed);
  CHECK(agent.server.state() == State::kDisconnected);
  CHECK(agent.server.disconnect_reason() == DisconnectReason::kTcpClosed);
  CHECK(agent.server.selected() == nullptr);
  CHECK(agent.check(tcp(2), kNominating, Time(3s)).added == tcp(2));
  CHECK(agent.server.state() == State::kCompleted);
}

TEST_CASE("A closed TCP connection leaves us on the best of the other pairs") {
  Agent agent;
  agent.check(tcp(1), {.priority = 3, .use_candidate = true});
  agent.check(tcp(2), {.priority = 2, .use_candidate = true});
  agent.check(udp(3), kPlain);
  const Outcome outcome = agent.server.remove(tcp(1), Time(2s));
  CHECK(outcome.selected_changed);
  CHECK_FALSE(outcome.state_changed);
  CHECK(agent.sends_to() == 2);
  CHECK_FALSE(agent.server.remove(udp(3), Time(2s)).selected_changed);
  CHECK_FALSE(agent.server.remove(udp(9), Time(2s)).selected_changed);
}

TEST_CASE("The ninth pair evicts the one checked longest ago, but never the selected one") {
  Agent agent;
  for (uint8_t i = 1; i <= 8; ++i) CHECK_FALSE(agent.check(udp(i), kPlain, Time(i * 1s)).evicted);
  REQUIRE(agent.sends_to() == 1);
  agent.check(udp(2), kPlain, Time(9s));
  const Outcome ninth = agent.check(udp(9), kPlain, Time(10s));
  CHECK(ninth.added == udp(9));
  CHECK(ninth.evicted == udp(3));
  CHECK(agent.sends_to() == 1);
  CHECK(agent.check(udp(3), kPlain, Time(11s)).evicted == udp(4));
  CHECK_FALSE(agent.check(udp(1), kPlain, Time(12s)).evicted);
}

TEST_CASE("Restart: the former credentials hold until the new ones are used") {
  Agent agent;
  const Parameters former = agent.server.parameters();
  agent.check(udp(1), kNominating);
  CHECK_FALSE(agent.restart());
  const Parameters renewed = agent.server.parameters();
  CHECK(renewed.ufrag != former.ufrag);
  CHECK(renewed.password != former.password);
  CHECK(agent.server.keys() == std::vector{*ufrag_key(renewed.ufrag), *ufrag_key(former.ufrag)});

  CHECK_FALSE(agent.check(udp(1), kPlain, Time(2s)).drop);
  CHECK(agent.answer_is_signed_by(former.password));
  CHECK(agent.sends_to() == 1);

  agent.remote = renewed;
  const Outcome used = agent.check(udp(1), kPlain, Time(3s));
  CHECK(used.retired == ufrag_key(former.ufrag));
  CHECK(agent.answer_is_signed_by(renewed.password));
  CHECK_FALSE(used.state_changed);
  CHECK(agent.server.keys() == std::vector{*ufrag_key(renewed.ufrag)});

  agent.remote = former;
  CHECK(agent.check(udp(1), kPlain, Time(4s)).drop == Drop::kUnknownUfrag);
}

TEST_CASE("Restart: new credentials must be used rightly before the former ones go") {
  Agent agent;
  const Parameters former = agent.server.parameters();
  agent.restart();
  agent.remote = {agent.server.parameters().ufrag, former.password};
  CHECK(agent.check(udp(1), kPlain).drop == Drop::kBadIntegrity);
  agent.remote = {former.ufrag, agent.server.parameters().password};
  CHECK(agent.check(udp(1), kPlain).drop == Drop::kBadIntegrity);
  agent.remote = former;
  CHECK_FALSE(agent.check(udp(1), kPlain).drop);
}

TEST_CASE("Restart: of several that the peer has not used, only the last counts") {
  Agent agent;
  const Parameters first = agent.server.parameters();
  agent.restart();
  const Parameters second = agent.server.parameters();
  CHECK(agent.restart() == ufrag_key(second.ufrag));
  const Parameters third = agent.server.parameters();
  CHECK(agent.server.keys() == std::vector{*ufrag_key(third.ufrag), *ufrag_key(first.ufrag)});
}

TEST_CASE("Restart: nominations made before it do not hold back those made after") {
  Agent agent;
  agent.check(udp(1), {.priority = kHigh, .use_candidate = true, .nomination = 7});
  agent.restart();
  agent.remote = agent.server.parameters();
  CHECK_FALSE(agent.check(udp(2), {.priority = kLow}).selected_changed);
  CHECK(agent.server.state() == State::kCompleted);
  CHECK(agent.check(udp(2), {.priority = kLow, .use_candidate = true, .nomination = 1}).selected_changed);
  CHECK(agent.sends_to() == 2);
}

TEST_CASE("Restart: until the new nomination the peer's data is followed again") {
  Agent agent;
  agent.check(udp(1), kNominating);
  agent.restart();
  agent.remote = agent.server.parameters();
  agent.check(udp(2), kPlain);
  CHECK(agent.server.migrate(udp(2), Time(1s)).selected_changed);
}

TEST_CASE("Restart revives a disconnected agent") {
  Agent agent;
  agent.check(udp(1), kNominating, Time(1s));
  agent.server.wake(Time(31s));
  agent.restart();
  agent.remote = agent.server.parameters();
  agent.check(udp(2), kPlain, Time(40s));
  CHECK(agent.server.state() == State::kConnected);
  agent.check(udp(2), kNominating, Time(41s));
  CHECK(agent.server.state() == State::kCompleted);
}

TEST_CASE("A peer that claims our role gets 487, signed, and validates nothing") {
  Agent agent;
  const Outcome outcome = agent.check(udp(1), {.use_candidate = true, .controlled = true});
  REQUIRE(agent.answer);
  CHECK(agent.answer->error_code == uint16_t{487});
  CHECK(agent.answer_is_signed_by(agent.server.parameters().password));
  CHECK_FALSE(outcome.drop);
  CHECK_FALSE(outcome.added);
  CHECK(agent.server.state() == State::kNew);
}

TEST_CASE("A wrong password gets 401, unsigned, and validates nothing") {
  Agent agent;
  agent.remote.password.back() ^= 1;
  const Outcome outcome = agent.check(udp(1), kNominating);
  REQUIRE(agent.answer);
  CHECK(agent.answer->error_code == uint16_t{401});
  CHECK_FALSE(agent.answer->is_signed());
  CHECK(outcome.drop == Drop::kBadIntegrity);
  CHECK_FALSE(outcome.added);
  CHECK(agent.server.state() == State::kNew);
}

TEST_CASE("The fragment before the colon must be ours") {
  for (const std::string prefix : {"peer:", "Peer0000:", ":", "x"}) {
    Agent agent;
    const Parameters ours = agent.server.parameters();
    const auto bytes = custom(ours.password, named(prefix + ours.ufrag + ":more"));
    CHECK(agent.receive(udp(1), Time(1s), bytes).drop == Drop::kUnknownUfrag);
    CHECK(agent.answer->error_code == uint16_t{401});
  }
}

TEST_CASE("A request without MESSAGE-INTEGRITY or a USERNAME of two fragments gets 400") {
  Agent agent;
  const Parameters ours = agent.server.parameters();
  for (const auto& bytes :
       {custom("", named(ours.ufrag + ":peer")), custom(ours.password, named(ours.ufrag)),
        custom(ours.password, named(ours.ufrag + ":")), custom(ours.password, [](stun::MessageWriter&) {})}) {
    CHECK(agent.receive(udp(1), Time(1s), bytes).drop == Drop::kBadIntegrity);
    REQUIRE(agent.answer);
    CHECK(agent.answer->error_code == uint16_t{400});
    CHECK_FALSE(agent.answer->is_signed());
  }
  CHECK(agent.server.state() == State::kNew);
}

TEST_CASE("A second USERNAME does not make a request ours") {
  Agent agent;
  const Parameters ours = agent.server.parameters();
  const auto bytes = custom(ours.password, [&](stun::MessageWriter& m) {
    named("another0:peer")(m);
    named(ours.ufrag + ":peer")(m);
  });
  CHECK(agent.receive(udp(1), Time(1s), bytes).drop == Drop::kUnknownUfrag);
}

TEST_CASE("An unknown attribute that must be understood gets 420, but only from a peer that is authentic") {
  const auto with_unknown = [](const std::string& username) {
    return [=](stun::MessageWriter& m) {
      named(username)(m);
      m.u32(stun::Attribute{0x7abc}, 0);
    };
  };
  Agent agent;
  const Parameters ours = agent.server.parameters();
  agent.receive(udp(1), Time(1s), custom(ours.password, with_unknown(ours.ufrag + ":peer")));
  REQUIRE(agent.answer);
  CHECK(agent.answer->error_code == uint16_t{420});
  CHECK(agent.answer_is_signed_by(ours.password));
  agent.receive(udp(1), Time(1s), custom("guess", with_unknown(ours.ufrag + ":peer")));
  CHECK(agent.answer->error_code == uint16_t{401});
  CHECK(agent.server.state() == State::kNew);
}

TEST_CASE("Unknown attributes that need not be understood are passed over") {
  Agent agent;
  const Parameters ours = agent.server.parameters();
  const auto bytes = custom(ours.password, [&](stun::MessageWriter& m) {
    named(ours.ufrag + ":peer")(m);
    m.u32(stun::Attribute{0xc057}, 0x10003);                      // GOOG-NETWORK-INFO
    m.bytes(stun::Attribute{0xc070}, std::array<uint8_t, 30>{});  // META-DTLS-IN-STUN
  });
  CHECK_FALSE(agent.receive(udp(1), Time(1s), bytes).drop);
  CHECK(agent.server.state() == State::kConnected);
}

TEST_CASE("An indication is a keepalive, without answer or effect; an answer is nothing we asked for") {
  Agent agent;
  const auto nothing = [](stun::MessageWriter&) {};
  const Outcome keepalive = agent.receive(udp(1), Time(1s), custom("", nothing, stun::Class::kIndication));
  CHECK(keepalive.response_size == 0);
  CHECK_FALSE(keepalive.drop);
  for (const stun::Class type : {stun::Class::kSuccess, stun::Class::kError}) {
    const Outcome outcome = agent.receive(udp(1), Time(1s), custom("", nothing, type));
    CHECK(outcome.response_size == 0);
    CHECK(outcome.drop == Drop::kMalformedStun);
  }
  CHECK(agent.server.state() == State::kNew);
}

TEST_CASE("A closed agent answers nothing and waits for nothing") {
  Agent agent;
  agent.check(udp(1), kNominating);
  CHECK(agent.server.close().state_changed);
  CHECK_FALSE(agent.server.close().state_changed);
  CHECK(agent.server.state() == State::kClosed);
  CHECK(agent.server.deadline() == kNever);
  CHECK(agent.check(udp(1), kNominating).response_size == 0);
  CHECK(agent.server.state() == State::kClosed);
}

TEST_CASE("Whatever a peer does, the selected pair is one of at most eight that it validated") {
  Agent agent;
  std::vector<Path> valid;
  Time now(1s);
  for (int i = 0; i < 20'000; ++i) {
    now += Duration(agent.random.below(2'000'000));
    const auto host = static_cast<uint8_t>(1 + agent.random.below(12));
    const Path path = agent.random.below(3) == 0 ? tcp(host) : udp(host);
    Outcome outcome;
    switch (agent.random.below(8)) {
      case 0:
        outcome = agent.server.remove(path, now);
        std::erase(valid, path);
        break;
      case 1:
        outcome = agent.server.migrate(path, now);
        break;
      case 2:
        outcome = agent.server.wake(now);
        break;
      case 3:
        agent.restart();
        if (agent.random.below(2)) agent.remote = agent.server.parameters();
        break;
      default: {
        Check check{.priority = agent.random.below(4), .use_candidate = agent.random.below(2) == 0};
        if (agent.random.below(4) == 0) check.nomination = agent.random.below(20);
        outcome = agent.check(path, check, now);
      }
    }
    if (outcome.evicted) CHECK(std::erase(valid, *outcome.evicted) == 1);
    if (outcome.added) valid.push_back(*outcome.added);
    CHECK(valid.size() <= 8);
    const bool sends = agent.server.selected() != nullptr;
    const State state = agent.server.state();
    CHECK(sends == (state == State::kConnected || state == State::kCompleted));
    if (sends) CHECK(std::ranges::count(valid, *agent.server.selected()) == 1);
    if (sends) CHECK(agent.server.deadline() != kNever);
    // The peer hears of a restart that dropped what it used.
    const auto keys = agent.server.keys();
    if (std::ranges::count(keys, *ufrag_key(agent.remote.ufrag)) == 0)
      agent.remote = agent.server.parameters();
  }
}

}  // namespace sfu::ice
