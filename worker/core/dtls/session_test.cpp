#include "core/dtls/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "core/base/random.hpp"
#include "core/dtls/test_certificates.hpp"
#include "core/dtls/testing.hpp"

namespace sfu::dtls {

namespace {

using Datagram = std::vector<uint8_t>;
constexpr Time kStart{1000s};

const Context& our_context() {
  static const Context context(Certificate::generate());
  return context;
}
const Context& their_context() {
  static const Context context(Certificate::generate());
  return context;
}
std::vector<Fingerprint> fingerprint_of(const Context& context) {
  return {context.certificate().fingerprint(HashAlgorithm::kSha256)};
}

// What a network makes of one datagram on its way to one side: any number of datagrams, now.
using Network = std::function<Datagrams(Datagram, Role to)>;
const Network kPerfect = [](Datagram datagram, Role) { return Datagrams{std::move(datagram)}; };

// A client and a server that know each other's fingerprint, and the time.
struct Pair {
  explicit Pair(const Context& client_context = their_context(),
                const Context& server_context = our_context())
      : client(client_context, Role::kClient), server(server_context, Role::kServer) {
    client.set_remote_fingerprints(fingerprint_of(server_context));
    server.set_remote_fingerprints(fingerprint_of(client_context));
    move_to(kStart);
  }

  void move_to(Time time) {
    now = time;
    set_openssl_time(now);
  }
  void carry(Session& from, Session& to, const Network& network) {
    for (Datagram& sent : std::exchange(from.pending(), {})) {
      CHECK_LE(sent.size(), size_t{1280 - 48});
      for (const Datagram& arrived : network(std::move(sent), to.role())) to.receive(arrived, now);
    }
  }
  void exchange(const Network& network = kPerfect) {
    while (!client.pending().empty() || !server.pending().empty()) {
      carry(client, server, network);
      carry(server, client, network);
    }
  }
  // From deadline to deadline, until both have connected, someone has given up, or nobody waits.
  void run(const Network& network = kPerfect) {
    client.start(now);
    exchange(network);
    while (!both(State::kConnected) && !any(State::kFailed)) {
      const Time next = std::min(client.deadline(), server.deadline());
      if (next == kNever) return;
      move_to(std::max(now, next));
      client.wake(now);
      server.wake(now);
      exchange(network);
    }
  }
  bool both(State state) const { return client.state() == state && server.state() == state; }
  bool any(State state) const { return client.state() == state || server.state() == state; }

  Session client;
  Session server;
  Time now;
};

bool equal(const srtp::Master& a, const srtp::Master& b) { return a.key == b.key && a.salt == b.salt; }

bool have_equal_keys(const Pair& pair) {
  const SrtpKeys& client = *pair.client.keys();
  const SrtpKeys& server = *pair.server.keys();
  return client.profile == server.profile && equal(client.send, server.receive) &&
         equal(client.receive, server.send) && !equal(client.send, client.receive);
}

// Loses, doubles, delays.
class BadNetwork {
 public:
  BadNetwork(uint64_t seed, double loss) : random_(seed), loss_(loss) {}
  Datagrams operator()(const Datagram& datagram, Role to) {
    Datagrams& held = held_[static_cast<size_t>(to)];
    Datagrams out;
    if (random_.real() >= loss_) held.push_back(datagram);
    if (random_.real() < 0.1) held.push_back(datagram);
    while (!held.empty() && random_.real() < 0.7) {
      const size_t which = random_.below(static_cast<uint32_t>(held.size()));
      out.push_back(held[which]);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
    }
    return out;
  }

 private:
  Random random_;
  double loss_;
  std::array<Datagrams, 2> held_;
};

Datagram random_bytes(Random& random, size_t size) {
  Datagram out(size);
  random.fill(out);
  return out;
}

// Random bytes in a well-formed record.
Datagram random_record(Random& random, uint8_t type, uint16_t epoch) {
  Datagram out{type, 0xfe, 0xfd, 0, static_cast<uint8_t>(epoch), 0, 0, 0, 0, 0, 99, 0, 60};
  const Datagram body = random_bytes(random, 60);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

}  // namespace

TEST_CASE("a client and a server connect and have the same keys") {
  Pair pair;
  CHECK(pair.both(State::kNew));
  pair.run();
  REQUIRE(pair.both(State::kConnected));
  CHECK(have_equal_keys(pair));
  CHECK_EQ(pair.now, kStart);
  CHECK_EQ(pair.client.deadline(), kNever);
  CHECK_EQ(pair.server.deadline(), kNever);
}

TEST_CASE("each SRTP profile can be agreed on") {
  for (const srtp::Profile profile : kPreferredProfiles) {
    const Context context(Certificate::generate(), std::array{profile});
    Pair as_client(context, our_context()), as_server(their_context(), context);
    for (Pair* pair : {&as_client, &as_server}) {
      pair->run();
      REQUIRE(pair->both(State::kConnected));
      CHECK_EQ(pair->client.keys()->profile, profile);
      CHECK(have_equal_keys(*pair));
    }
  }
}

TEST_CASE("the server's order of profiles decides") {
  const Context slow_first(Certificate::generate(),
                           std::array{srtp::Profile::kAesCm128HmacSha1_80, srtp::Profile::kAeadAes128Gcm});
  Pair pair(slow_first, our_context());
  pair.run();
  CHECK_EQ(pair.server.keys()->profile, srtp::Profile::kAeadAes128Gcm);
}

TEST_CASE("without a common SRTP profile the session is for data only") {
  const Context one(Certificate::generate(), std::array{srtp::Profile::kAeadAes128Gcm});
  const Context other(Certificate::generate(), std::array{srtp::Profile::kAeadAes256Gcm});
  Pair pair(one, other);
  pair.run();
  CHECK(pair.server.state() == State::kConnected);
  CHECK_FALSE(pair.server.keys());
  CHECK_FALSE(pair.client.keys());
}

TEST_CASE("the remote's certificate is given in PEM") {
  Pair pair;
  pair.run();
  const std::string pem = pair.server.remote_certificate();
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  REQUIRE(certificate);
  CHECK(matches(certificate.get(), fingerprint_of(their_context())));
}

TEST_CASE("any one datagram may be lost") {
  for (int lost = 0; lost < 8; ++lost) {
    Pair pair;
    int count = 0;
    pair.run([&](Datagram datagram, Role) {
      return count++ == lost ? Datagrams{} : Datagrams{std::move(datagram)};
    });
    REQUIRE(pair.both(State::kConnected));
    CHECK(have_equal_keys(pair));
    CHECK_LE(pair.now, kStart + 1s);
  }
}

TEST_CASE("the first retransmission comes after 100 ms and is one flight") {
  Pair pair;
  pair.client.start(pair.now);
  const size_t flight = pair.client.pending().size();
  CHECK_EQ(pair.client.deadline(), kStart + 100ms);
  pair.client.pending().clear();

  pair.client.wake(kStart + 99ms);
  CHECK(pair.client.pending().empty());
  pair.move_to(kStart + 100ms);
  pair.client.wake(pair.now);
  CHECK_EQ(pair.client.pending().size(), flight);
  CHECK_EQ(pair.client.deadline(), kStart + 300ms);
}

TEST_CASE("the server repeats its last flight when the client asks again") {
  Pair pair;
  bool lost = false;
  pair.run([&](Datagram datagram, Role) {
    const bool last_flight = pair.server.state() == State::kConnected && !lost;
    lost = lost || last_flight;
    return last_flight ? Datagrams{} : Datagrams{std::move(datagram)};
  });
  CHECK(lost);
  CHECK(pair.both(State::kConnected));
}

TEST_CASE("lost, doubled and reordered datagrams do not keep the two apart") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Pair pair;
    BadNetwork network(seed, 0.25);
    pair.run(std::ref(network));
    REQUIRE(pair.both(State::kConnected));
    CHECK(have_equal_keys(pair));
  }
}

TEST_CASE("a client that is never answered gives up in the end") {
  Pair pair;
  size_t sent = 0;
  pair.run([&](Datagram, Role) {
    ++sent;
    return Datagrams{};
  });
  CHECK_EQ(pair.client.state(), State::kFailed);
  CHECK_FALSE(pair.client.reason().empty());
  CHECK_GE(pair.now, kStart + 25s);
  CHECK_LE(pair.now, kStart + Session::kPatience);
  CHECK_LE(sent, 13);
  CHECK_EQ(pair.client.deadline(), kNever);
}

TEST_CASE("a server whose client falls silent gives up in the end") {
  Pair pair;
  pair.client.start(pair.now);
  pair.carry(pair.client, pair.server, kPerfect);
  size_t sent = 0;
  while (pair.server.deadline() != kNever) {
    pair.move_to(pair.server.deadline());
    pair.server.wake(pair.now);
    sent += std::exchange(pair.server.pending(), {}).size();
  }
  CHECK_EQ(pair.server.state(), State::kFailed);
  CHECK_LE(pair.now, kStart + Session::kPatience);
  CHECK_LE(sent, 12 * 6);
}

TEST_CASE("a server waits for its client for ever") {
  const Session server(our_context(), Role::kServer);
  CHECK_EQ(server.deadline(), kNever);
}

TEST_CASE("a wrong fingerprint fails both sides, and none is ever connected") {
  for (const bool client_is_wrong : {false, true}) {
    Pair pair;
    Session& deceived = client_is_wrong ? pair.server : pair.client;
    deceived.set_remote_fingerprints(fingerprint_of(Context(Certificate::generate())));
    pair.run();
    CHECK_EQ(deceived.state(), State::kFailed);
    CHECK_NE(deceived.reason().find("fingerprint"), std::string::npos);
    CHECK_FALSE(pair.any(State::kConnected));
  }
}

TEST_CASE("a server may learn the fingerprint after the handshake") {
  Pair pair;
  pair.server.set_remote_fingerprints({});
  pair.run();
  REQUIRE_EQ(pair.client.state(), State::kConnected);
  REQUIRE_EQ(pair.server.state(), State::kConnecting);
  CHECK_FALSE(pair.server.send(as_bytes("too early")));
  CHECK(pair.client.send(as_bytes("too early as well")));
  pair.exchange();
  CHECK(pair.server.received().empty());

  SUBCASE("the right one connects") {
    pair.server.set_remote_fingerprints(fingerprint_of(their_context()));
    CHECK_EQ(pair.server.state(), State::kConnected);
    CHECK(have_equal_keys(pair));
  }
  SUBCASE("a wrong one fails, and the client hears of it") {
    pair.server.set_remote_fingerprints(fingerprint_of(our_context()));
    CHECK_EQ(pair.server.state(), State::kFailed);
    pair.exchange();
    CHECK_EQ(pair.client.state(), State::kClosed);
  }
}

TEST_CASE("messages go both ways once connected, up to the size of a datagram") {
  Pair pair;
  CHECK_FALSE(pair.client.send(as_bytes("not yet")));
  pair.run();
  const Datagram longest(Session::kMaxMessage, 7);
  CHECK(pair.client.send(longest));
  CHECK(pair.server.send(as_bytes("back")));
  CHECK_FALSE(pair.server.send(Datagram(Session::kMaxMessage + 1)));
  CHECK_FALSE(pair.server.send({}));
  pair.exchange();
  CHECK(pair.server.received() == Datagrams{longest});
  REQUIRE_EQ(pair.client.received().size(), 1);
  CHECK_EQ(as_text(pair.client.received()[0]), "back");
}

TEST_CASE("a message is received once") {
  Pair pair;
  pair.run();
  pair.client.send(as_bytes("once"));
  pair.exchange([](Datagram datagram, Role) { return std::vector{datagram, datagram}; });
  CHECK_EQ(pair.server.received().size(), 1);
}

TEST_CASE("queues that nobody empties stay bounded") {
  Pair pair;
  pair.run();
  for (size_t i = 0; i < 3 * kMaxQueue; ++i) {
    pair.client.send(as_bytes("more"));
    CHECK_LE(pair.client.pending().size(), kMaxQueue);
    if (i % 2 == 0) pair.carry(pair.client, pair.server, kPerfect);
  }
  CHECK_EQ(pair.server.received().size(), kMaxQueue);
}

TEST_CASE("closing tells the remote") {
  for (const bool client_closes : {false, true}) {
    Pair pair;
    pair.run();
    Session& closing = client_closes ? pair.client : pair.server;
    closing.close();
    CHECK_EQ(closing.state(), State::kClosed);
    pair.exchange();
    CHECK(pair.both(State::kClosed));
    CHECK_FALSE(closing.send(as_bytes("too late")));
    CHECK_FALSE(closing.receive(Datagram{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, pair.now));
  }
}

TEST_CASE("closing early is quiet") {
  Pair pair;
  pair.client.start(pair.now);
  pair.client.pending().clear();
  pair.client.close();
  CHECK_EQ(pair.client.state(), State::kClosed);
  CHECK(pair.client.pending().empty());
  CHECK_EQ(pair.client.deadline(), kNever);
}

TEST_CASE("what is not made of records is refused and changes nothing, in every state") {
  Random random(5);
  Pair pair;
  const auto bombard = [&] {
    for (size_t size = 0; size < 200; ++size)
      for (Session* session : {&pair.client, &pair.server})
        CHECK_FALSE(session->receive(random_bytes(random, size), pair.now));
  };
  bombard();
  CHECK(pair.both(State::kNew));
  pair.client.start(pair.now);
  bombard();
  pair.carry(pair.client, pair.server, kPerfect);
  bombard();
  pair.carry(pair.server, pair.client, kPerfect);
  bombard();
  pair.run();
  bombard();
  CHECK(pair.both(State::kConnected));
  pair.client.close();
  bombard();
}

TEST_CASE("a record cut anywhere is refused") {
  Pair pair;
  pair.client.start(pair.now);
  const Datagram hello = pair.client.pending().at(0);
  for (size_t size = 0; size < hello.size(); ++size) {
    const Datagram cut(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(pair.server.receive(cut, pair.now));
  }
  CHECK_EQ(pair.server.state(), State::kNew);
  CHECK(pair.server.receive(hello, pair.now));
}

TEST_CASE("datagrams that also arrive cut do no harm") {
  Pair pair;
  pair.run([](const Datagram& datagram, Role) {
    Datagrams out;
    for (size_t size = 0; size <= datagram.size(); ++size)
      out.emplace_back(datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(size));
    return out;
  });
  REQUIRE(pair.both(State::kConnected));
  CHECK(have_equal_keys(pair));
}

TEST_CASE("records that are not authentic change nothing once connected") {
  Random random(6);
  Pair pair;
  pair.run();
  for (uint8_t type = 20; type <= 23; ++type)
    for (uint16_t epoch = 0; epoch <= 2; ++epoch)
      for (int i = 0; i < 20; ++i) {
        pair.server.receive(random_record(random, type, epoch), pair.now);
        pair.client.receive(random_record(random, type, epoch), pair.now);
      }
  REQUIRE(pair.both(State::kConnected));
  pair.exchange();
  pair.client.send(as_bytes("still here"));
  pair.exchange();
  CHECK_EQ(pair.server.received().size(), 1);
}

TEST_CASE("malformed handshake records end in failure at worst") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    Pair pair;
    pair.run([&](Datagram datagram, Role) {
      return std::vector{random_record(random, static_cast<uint8_t>(20 + random.below(4)), 0), datagram};
    });
    CHECK((pair.both(State::kConnected) || pair.any(State::kFailed)));
  }
}

TEST_CASE("a user's RSA certificate works on either side") {
  const KeyPtr key = rsa(2048);
  const Context context(std::move(*Certificate::from_pem(certificate_pem(key), key_pem(key))));
  Pair as_client(context, our_context()), as_server(their_context(), context);
  for (Pair* pair : {&as_client, &as_server}) {
    pair->run();
    REQUIRE(pair->both(State::kConnected));
    CHECK(have_equal_keys(*pair));
  }
}

}  // namespace sfu::dtls
