// ClientHellos of several datagrams, as post-quantum key shares make them, from clients that cut them their
// own way.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "core/base/random.hpp"
#include "core/dtls/session.hpp"

namespace sfu::dtls {

namespace {

constexpr Time kStart{1000s};
constexpr size_t kRecordHead = 13;   // RFC 6347, 4.1
constexpr size_t kMessageHead = 12;  // RFC 6347, 4.2.2

const Context& context() {
  static const Context made(Certificate::generate());
  return made;
}

// OpenSSL as client, with a hello made long by many application protocols.
class LongWindedClient {
 public:
  explicit LongWindedClient(size_t extra) : ssl_(context().make_ssl(&any_)) {
    BIO* bio = make_bio(io_).release();
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_mtu(ssl_.get(), kMtu);
    SSL_set_connect_state(ssl_.get());
    std::vector<uint8_t> protocols;
    for (size_t i = 0; i < extra / 100; ++i) {
      protocols.push_back(99);
      protocols.insert(protocols.end(), 99, static_cast<uint8_t>('a' + i % 26));
    }
    SSL_set_alpn_protos(ssl_.get(), protocols.data(), static_cast<unsigned>(protocols.size()));
  }
  Datagrams step(Bytes input = {}) {
    io_.input = input;
    SSL_do_handshake(ssl_.get());
    return std::exchange(io_.output, {});
  }
  bool connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }

 private:
  std::vector<Fingerprint> any_;
  DatagramIo io_;
  SslPtr ssl_;
};

// The one handshake message that these datagrams carry in fragments: its head and body.
std::vector<uint8_t> joined(const Datagrams& datagrams) {
  std::vector<uint8_t> message(datagrams.at(0).begin() + kRecordHead,
                               datagrams.at(0).begin() + kRecordHead + kMessageHead);
  for (const auto& datagram : datagrams)
    message.insert(message.end(), datagram.begin() + kRecordHead + kMessageHead, datagram.end());
  REQUIRE_EQ(load24(message.data() + 1), message.size() - kMessageHead);
  return message;
}

// The message in datagrams of at most `size` bytes, in records that count on from `sequence`.
Datagrams cut(Bytes message, size_t size, uint32_t& sequence) {
  const Bytes body = message.subspan(kMessageHead);
  const size_t step = size - kRecordHead - kMessageHead;
  Datagrams out;
  for (size_t at = 0; at < body.size(); at += step) {
    const Bytes part = body.subspan(at, std::min(step, body.size() - at));
    std::vector<uint8_t> datagram(kRecordHead + kMessageHead + part.size());
    ByteWriter writer(datagram);
    writer.u8(SSL3_RT_HANDSHAKE);
    writer.u16(DTLS1_VERSION);
    writer.u32(0);
    writer.u32(sequence++);
    writer.u16(static_cast<uint16_t>(kMessageHead + part.size()));
    writer.bytes(message.first(6));
    writer.u24(static_cast<uint32_t>(at));
    writer.u24(static_cast<uint32_t>(part.size()));
    writer.bytes(part);
    REQUIRE((writer.ok() && writer.room() == 0));
    out.push_back(std::move(datagram));
  }
  return out;
}

struct Meeting {
  explicit Meeting(size_t extra)
      : client(extra), hello(joined(client.step())), server(context(), Role::kServer) {
    server.set_remote_fingerprints({context().certificate().fingerprint(HashAlgorithm::kSha256)});
  }
  void deliver(const Datagrams& datagrams) {
    for (const auto& datagram : datagrams) CHECK(server.receive(datagram, kStart));
  }
  // So that the server does not take a record for one of the many before it: those of epoch 0 are neither
  // encrypted nor authenticated.
  void renumber(MutableBytes datagram) {
    for (size_t at = 0; at < datagram.size(); at += kRecordHead + load16(&datagram[at + 11]))
      if (load16(&datagram[at + 3]) == 0) store32(&datagram[at + 7], sequence++);
  }
  // The rest of the handshake, undisturbed.
  bool connects() {
    while (!server.pending().empty())
      for (const auto& answer : std::exchange(server.pending(), {})) {
        Datagrams reaction = client.step(answer);
        for (auto& datagram : reaction) renumber(datagram);
        deliver(reaction);
      }
    return client.connected() && server.state() == State::kConnected;
  }

  LongWindedClient client;
  std::vector<uint8_t> hello;
  Session server;
  uint32_t sequence = 0;
};

}  // namespace

TEST_CASE("a hello in several datagrams is understood, whatever their size") {
  for (const size_t extra : {1200u, 4000u, 10'000u})
    for (const size_t size : {100u, 512u, 1200u, 1408u}) {
      Meeting meeting(extra);
      REQUIRE_GT(meeting.hello.size(), extra);
      meeting.deliver(cut(meeting.hello, size, meeting.sequence));
      CHECK(meeting.connects());
    }
}

TEST_CASE("the fragments of a hello may come in any order and twice") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    Meeting meeting(4000);
    Datagrams fragments = cut(meeting.hello, 600, meeting.sequence);
    const Datagrams again = cut(meeting.hello, 600, meeting.sequence);
    fragments.insert(fragments.end(), again.begin(), again.end());
    for (size_t i = fragments.size(); i > 1; --i)
      std::swap(fragments[i - 1], fragments[random.below(static_cast<uint32_t>(i))]);
    for (const auto& fragment : fragments) meeting.server.receive(fragment, kStart);
    CHECK(meeting.connects());
  }
}

TEST_CASE("a hello repeated with fragments of another size completes the first") {
  for (const size_t again : {200u, 1163u, 1408u}) {
    Meeting meeting(4000);
    Datagrams first = cut(meeting.hello, 1408, meeting.sequence);
    first.erase(first.begin() + 1);
    meeting.deliver(first);
    CHECK(meeting.server.pending().empty());
    meeting.deliver(cut(meeting.hello, again, meeting.sequence));
    CHECK(meeting.connects());
  }
}

TEST_CASE("the fragments of one hello may each be lost once") {
  Meeting meeting(4000);
  Random random(1);
  for (int round = 0; round < 3; ++round)
    for (const auto& fragment : cut(meeting.hello, 700, meeting.sequence))
      if (round == 2 || random.below(2) == 0) meeting.server.receive(fragment, kStart);
  CHECK(meeting.connects());
}

}  // namespace sfu::dtls
