#include "core/sctp/association.hpp"

#include <doctest/doctest.h>
#include <usrsctp.h>

#include <cmath>

#include "core/sctp/test_pair.hpp"

using namespace sfu;
using namespace sfu::sctp;

namespace {

constexpr Reliability kReliable{};
constexpr uint32_t kBinary = 53;  // RFC 8831, 8

std::vector<uint8_t> bytes_of(size_t size, Random& random) {
  std::vector<uint8_t> out(size);
  random.fill(out);
  return out;
}

// 1 byte … 256 KiB, evenly over the orders of magnitude.
size_t any_size(Random& random) { return static_cast<size_t>(std::exp2(18 * random.real())); }

// Sends `count` messages of any size over one stream, as fast as the buffer takes them, and checks what
// comes.
struct Transfer {
  Transfer(Association& from, Association& to, uint16_t stream, size_t count, uint64_t seed)
      : from(from), to(to), stream(stream) {
    Random random(seed);
    sent.push_back(bytes_of(262'144, random));
    while (sent.size() < count) sent.push_back(bytes_of(any_size(random), random));
  }
  bool go_on() {
    while (next < sent.size() && from.send(stream, kBinary, sent[next], kReliable) == Sent::kQueued) ++next;
    for (const Message& message : std::exchange(to.messages(), {})) {
      intact = intact && received < next && message.stream == stream && message.ppid == kBinary &&
               message.bytes == sent[received];
      ++received;
    }
    return received == sent.size();
  }
  Association& from;
  Association& to;
  uint16_t stream;
  std::vector<std::vector<uint8_t>> sent;
  size_t next = 0, received = 0;
  bool intact = true;
};

std::vector<uint8_t> numbered(uint32_t number, size_t size = 1000) {
  std::vector<uint8_t> out(size, static_cast<uint8_t>(number));
  store32(out.data(), number);
  return out;
}

// A packet as if from a: ports and tag as in the last, and one chunk.
std::vector<uint8_t> forged(const Pair& pair, const std::vector<uint8_t>& chunk) {
  std::vector<uint8_t> packet(pair.last_to_b.begin(), pair.last_to_b.begin() + 8);
  packet.resize(12);
  packet.insert(packet.end(), chunk.begin(), chunk.end());
  const uint32_t checksum = usrsctp_crc32c(packet.data(), packet.size());
  std::memcpy(packet.data() + 8, &checksum, sizeof(checksum));
  return packet;
}

// RFC 6525, 4.1: a RE-CONFIG that asks to reset one stream, when the data up to `tsn` has come.
std::vector<uint8_t> reset_request(uint32_t number, uint32_t tsn, uint16_t stream) {
  std::vector<uint8_t> chunk(4 + 20);
  ByteWriter out(chunk);
  out.u32(130 << 24 | 22);
  out.u32(0x0d << 16 | 18);
  out.u32(number);
  out.u32(0);
  out.u32(tsn);
  out.u16(stream);
  return chunk;
}

// Connects and returns the first TSN of a, with which also its requests begin (RFC 6525, 5.1.1).
uint32_t connect_and_read_tsn(Pair& pair) {
  pair.a.connect();
  pair.run(1ms);
  const uint32_t tsn = load32(pair.last_to_b.data() + 28);  // of the INIT
  pair.connect();
  return tsn;
}

}  // namespace

TEST_CASE("both sides connect, over a path that loses packets") {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    Pair pair(seed);
    pair.loss = 0.3;
    CHECK(pair.a.state() == State::kNew);
    CHECK(pair.a.deadline() == kNever);
    pair.connect();
    CHECK(pair.a.state() == State::kConnected);
    CHECK(pair.b.state() == State::kConnected);
    CHECK(pair.a.max_outbound_streams() == 1024);
    CHECK(pair.a.max_inbound_streams() == 1024);
  }
}

TEST_CASE("one side that connects later finds the other waiting") {
  Pair pair(1);
  pair.a.connect();
  pair.run(1s);
  CHECK(pair.a.state() == State::kConnecting);
  CHECK(pair.b.state() == State::kNew);
  CHECK(pair.b.packets().empty());
  pair.b.connect();
  CHECK(pair.run_until(
      [&] { return pair.a.state() == State::kConnected && pair.b.state() == State::kConnected; }, 1s));
}

TEST_CASE("streams are negotiated down to what both have") {
  Pair pair(1, {.max_outbound_streams = 100, .max_inbound_streams = 100},
            {.max_outbound_streams = 10, .max_inbound_streams = 10});
  pair.connect();
  CHECK(pair.a.max_outbound_streams() == 10);
  CHECK(pair.b.max_inbound_streams() == 10);
  CHECK(pair.b.max_outbound_streams() == 10);
  CHECK(pair.a.send(9, kBinary, numbered(1), kReliable) == Sent::kQueued);
  CHECK(pair.a.send(10, kBinary, numbered(1), kReliable) == Sent::kNotConnected);
}

TEST_CASE("1,000 messages of 1 byte to 256 KiB, both ways, arrive in order and intact through 5 % loss") {
  Pair pair(1);
  pair.connect();
  pair.loss = 0.05;
  Transfer there(pair.a, pair.b, 1, 1000, 11), back(pair.b, pair.a, 1023, 1000, 12);
  CHECK(pair.run_until([&] { return there.go_on() & back.go_on(); }, 3600s));
  CHECK(there.intact);
  CHECK(back.intact);
  CHECK(pair.largest_packet <= 1191);
  CHECK(pair.largest_packet > 1150);
  CHECK(pair.a.discarded() == 0);
}

TEST_CASE("without loss a path is filled, whatever the sizes of the messages") {
  for (const size_t size : {20, 1000, 262'144}) {
    CAPTURE(size);
    Pair pair(1);
    pair.connect();
    size_t queued = 0, received = 0;
    const std::vector<uint8_t> message(size, 7);
    const Time begin = pair.now;
    const auto go_on = [&] {
      while (queued < 4'000'000 && pair.a.send(0, kBinary, message, kReliable) == Sent::kQueued)
        queued += size;
      for (const Message& one : std::exchange(pair.b.messages(), {})) received += one.bytes.size();
      return received >= 4'000'000;
    };
    CHECK(pair.run_until(go_on));
    CHECK(pair.now - begin < 5s);  // 40 ms of round trip
  }
}

TEST_CASE("what is sent is checked first") {
  Pair pair(1, {.max_send_message_size = 1000});
  CHECK(pair.a.send(0, kBinary, numbered(1), kReliable) == Sent::kNotConnected);
  pair.connect();
  CHECK(pair.a.send(0, kBinary, {}, kReliable) == Sent::kEmpty);
  CHECK(pair.a.send(0, kBinary, numbered(1, 1001), kReliable) == Sent::kTooLong);
  CHECK(pair.a.send(0, kBinary, numbered(1, 1000), kReliable) == Sent::kQueued);
}

TEST_CASE("a message is as long as the receiver takes, and one byte more is discarded and counted") {
  Pair pair(1, {.max_send_message_size = 300'000}, {.max_receive_message_size = 100'000});
  pair.connect();
  for (const size_t size : {100'000, 100'001, 300'000, 10, 100'000})
    CHECK(pair.a.send(3, kBinary, numbered(static_cast<uint32_t>(size), size), kReliable) == Sent::kQueued);
  CHECK(pair.run_until([&] { return pair.b.messages().size() == 3; }));
  CHECK(pair.b.messages()[0].bytes == numbered(100'000, 100'000));
  CHECK(pair.b.messages()[1].bytes == numbered(10, 10));
  CHECK(pair.b.messages()[2].bytes == numbered(100'000, 100'000));
  CHECK(pair.b.discarded() == 2);
}

TEST_CASE("a message longer than the whole receive window is discarded, and what follows arrives") {
  Pair pair(1, {.max_send_message_size = 1'000'000},
            {.max_receive_message_size = 10'000, .max_receive_window = 100'000});
  pair.connect();
  pair.loss = 0.02;
  CHECK(pair.a.send(3, kBinary, numbered(1, 1'000'000), kReliable) == Sent::kQueued);
  CHECK(pair.a.send(3, kBinary, numbered(2, 10'000), kReliable) == Sent::kQueued);
  CHECK(pair.a.send(4, kBinary, numbered(3, 10), kReliable) == Sent::kQueued);
  CHECK(pair.run_until([&] { return pair.b.messages().size() == 2; }));
  CHECK(pair.b.discarded() == 1);
}

TEST_CASE("unordered and never sent again: some are lost, none is changed, and nothing waits for them") {
  Pair pair(1);
  pair.connect();
  pair.loss = 0.03;
  for (uint32_t i = 0; i < 500; ++i) {
    CHECK(pair.a.send(1, kBinary, numbered(i, 100 + i * 5), {.ordered = false, .max_retransmits = 0}) ==
          Sent::kQueued);
    pair.run(20ms);
  }
  pair.run(5s);
  CHECK(pair.b.messages().size() > 400);
  CHECK(pair.b.messages().size() < 500);
  for (const Message& message : pair.b.messages()) {
    const uint32_t number = load32(message.bytes.data());
    CHECK(message.bytes == numbered(number, 100 + number * 5));
  }
  pair.loss = 0;
  CHECK(pair.a.send(1, kBinary, numbered(1000), kReliable) == Sent::kQueued);
  pair.b.messages().clear();
  pair.run(50ms);
  REQUIRE(pair.b.messages().size() == 1);
  CHECK(load32(pair.b.messages()[0].bytes.data()) == 1000);
}

TEST_CASE("a message with a life time is not delivered late, one without is") {
  Pair pair(1);
  pair.connect();
  pair.b_hears = false;
  // More than the congestion window takes: some are under way, some wait in usrsctp, some in our queue.
  for (uint32_t i = 0; i < 1000; ++i)
    CHECK(pair.a.send(1, kBinary, numbered(i), {.ordered = false, .max_packet_life_time = 300}) ==
          Sent::kQueued);
  CHECK(pair.a.send(2, kBinary, numbered(5000), kReliable) == Sent::kQueued);
  pair.run(2s);
  CHECK(pair.a.buffered(1) == 0);
  pair.b_hears = true;
  CHECK(pair.run_until([&] { return !pair.b.messages().empty(); }));
  pair.run(5s);
  CHECK(pair.b.messages().size() <= 3);  // what usrsctp had ready to be sent next is not called back
  CHECK(std::ranges::any_of(pair.b.messages(), [](const Message& message) { return message.stream == 2; }));
  pair.b.messages().clear();
  CHECK(pair.a.send(1, kBinary, numbered(7), {.ordered = false, .max_packet_life_time = 300}) ==
        Sent::kQueued);
  pair.run(100ms);
  CHECK(pair.b.messages().size() == 1);
}

TEST_CASE("the buffer has an end, for all and for each stream, and tells when it has run low") {
  Pair pair(1, {.send_buffer_size = 300'000,
                .per_stream_send_queue_limit = 200'000,
                .buffered_amount_low_threshold = 10'000});
  pair.connect();
  pair.a.set_buffered_amount_low_threshold(2, 50'000);
  pair.b_hears = false;
  const auto fill = [&](uint16_t stream) {
    while (pair.a.send(stream, kBinary, numbered(1, 10'000), kReliable) == Sent::kQueued) {
    }
  };
  fill(1);
  CHECK(pair.a.buffered(1) == 200'000);
  pair.run(10ms);
  CHECK(pair.a.buffered(1) < 200'000);  // the rest is with usrsctp
  while (pair.a.buffered(1) < 200'000) {
    fill(1);
    pair.run(10ms);
  }
  fill(2);
  CHECK(pair.a.buffered(2) == 100'000);
  CHECK(pair.a.send(3, kBinary, numbered(1, 10), kReliable) == Sent::kBufferFull);
  pair.a.low_streams().clear();
  pair.b_hears = true;
  CHECK(pair.run_until([&] { return pair.a.low_streams().size() == 2; }));
  CHECK(pair.a.low_streams() == std::vector<uint16_t>{2, 1});
  CHECK(pair.a.buffered(1) <= 10'000);
  CHECK(pair.run_until([&] { return pair.a.buffered(1) == 0; }));
  CHECK(pair.a.low_streams().size() == 2);
}

TEST_CASE("a stream with little to send does not wait for one with much") {
  Pair pair(1);
  pair.connect();
  while (pair.a.send(1, kBinary, numbered(1, 50'000), kReliable) == Sent::kQueued) {
  }
  CHECK(pair.a.buffered(1) > 1'900'000);
  // Stream 1 may have all, but not more; the other finds room as soon as something has left.
  pair.run(50ms);
  CHECK(pair.a.send(2, kBinary, numbered(2, 100), kReliable) == Sent::kQueued);
  size_t ahead = 0;
  const auto come = [&] {
    for (const Message& message : std::exchange(pair.b.messages(), {})) {
      if (message.stream == 2) return true;
      ++ahead;
    }
    return false;
  };
  CHECK(pair.run_until(come));
  CHECK(ahead < 20);  // of 40
}

TEST_CASE("a stream that one side closes is seen by the other, and both may use it again") {
  Pair pair(1);
  pair.connect();
  pair.loss = 0.1;
  for (int round = 0; round < 5; ++round) {
    CHECK(pair.a.send(5, kBinary, numbered(1), kReliable) == Sent::kQueued);
    CHECK(pair.b.send(5, kBinary, numbered(2), kReliable) == Sent::kQueued);
    CHECK(pair.run_until([&] { return !pair.a.messages().empty() && !pair.b.messages().empty(); }));
    pair.a.reset_stream(5);
    CHECK(pair.run_until([&] { return !pair.b.reset_streams().empty(); }));
    pair.run(20s);
    CHECK(std::exchange(pair.b.reset_streams(), {}) == std::vector<uint16_t>{5});
    CHECK(pair.a.reset_streams().empty());  // b's side was its answer
    pair.a.messages().clear();
    pair.b.messages().clear();
  }
}

TEST_CASE("what is sent on a stream while it is being closed waits, and comes as its new life") {
  Pair pair(1);
  pair.connect();
  pair.a.reset_stream(5);
  pair.a.reset_stream(6);
  CHECK(pair.a.send(5, kBinary, numbered(9), kReliable) == Sent::kQueued);
  CHECK(pair.a.send(7, kBinary, numbered(8), kReliable) == Sent::kQueued);
  pair.run(30ms);
  CHECK(pair.a.buffered(5) == 1000);
  CHECK(pair.a.buffered(7) == 0);
  CHECK(pair.run_until([&] { return pair.b.messages().size() == 2; }));
  CHECK(pair.b.messages()[1].bytes == numbered(9));
  CHECK(pair.b.reset_streams() == std::vector<uint16_t>{5, 6});
}

TEST_CASE("both sides close a stream at once") {
  Pair pair(1);
  pair.connect();
  pair.a.reset_stream(5);
  pair.b.reset_stream(5);
  pair.run(2s);
  CHECK(pair.a.reset_streams().empty());
  CHECK(pair.b.reset_streams().empty());
  CHECK(pair.a.send(5, kBinary, numbered(9), kReliable) == Sent::kQueued);
  CHECK(pair.run_until([&] { return !pair.b.messages().empty(); }, 1s));
}

TEST_CASE("what waits on a stream that is closed is dropped, whoever closes it") {
  Pair pair(1);
  pair.connect();
  const auto fill = [](Association& from, uint16_t stream) {
    while (from.send(stream, kBinary, numbered(1, 250'000), kReliable) == Sent::kQueued) {
    }
  };
  fill(pair.a, 5);
  pair.a.reset_stream(5);
  CHECK(pair.a.buffered(5) == 0);
  fill(pair.a, 6);
  pair.b.reset_stream(6);
  pair.run(100ms);
  CHECK(pair.a.reset_streams() == std::vector<uint16_t>{6});
  CHECK(pair.a.buffered(6) == 0);
}

TEST_CASE("a request for a stream that does not exist is not told") {
  Pair pair(1, {.max_outbound_streams = 10, .max_inbound_streams = 10},
            {.max_outbound_streams = 10, .max_inbound_streams = 10});
  const uint32_t number = connect_and_read_tsn(pair);
  pair.b.receive(forged(pair, reset_request(number, number - 1, 10)));
  pair.b.receive(forged(pair, reset_request(number + 1, number - 1, 9)));
  pair.b.poll(pair.now);
  CHECK(pair.b.reset_streams() == std::vector<uint16_t>{9});
}

TEST_CASE("requests ahead of data that never comes are answered up to a number only") {
  Pair pair(1);
  const uint32_t number = connect_and_read_tsn(pair);
  for (uint32_t i = 0; i < 1000; ++i) {
    pair.b.receive(forged(pair, reset_request(number + i, number + 100'000, 1)));
    pair.b.poll(pair.now);
  }
  CHECK(pair.b.packets().size() == Admission::kMostResets);
  CHECK(pair.b.state() == State::kConnected);
}

TEST_CASE("more streams than one request holds are closed") {
  const Options many{.max_outbound_streams = 2000, .max_inbound_streams = 2000};
  Pair pair(1, many, many);
  pair.connect();
  for (uint16_t stream = 0; stream < 1500; ++stream) pair.a.reset_stream(stream);
  CHECK(pair.run_until([&] { return pair.b.reset_streams().size() == 1500; }));
  pair.run(5s);
  CHECK(pair.b.reset_streams().size() == 1500);
  CHECK(pair.a.reset_streams().empty());
}

TEST_CASE("an association is shut down in order: what waited arrives before") {
  Pair pair(1);
  pair.connect();
  pair.loss = 0.05;
  for (uint32_t i = 0; i < 1500; ++i) CHECK(pair.a.send(1, kBinary, numbered(i), kReliable) == Sent::kQueued);
  pair.a.close();
  CHECK(pair.a.send(1, kBinary, numbered(1), kReliable) == Sent::kNotConnected);
  CHECK(pair.run_until([&] { return pair.a.state() == State::kClosed && pair.b.state() == State::kClosed; }));
  CHECK(pair.b.messages().size() == 1500);
  CHECK(pair.a.deadline() == kNever);
  CHECK(pair.b.deadline() == kNever);
  CHECK(pair.b.send(1, kBinary, numbered(1), kReliable) == Sent::kNotConnected);
}

TEST_CASE("closing before it is up ends it at once") {
  Pair pair(1);
  pair.b.close();
  CHECK(pair.b.state() == State::kClosed);
  pair.b.connect();
  CHECK(pair.b.state() == State::kClosed);
  pair.a.connect();
  pair.run(100ms);
  pair.a.close();
  CHECK(pair.a.state() == State::kClosed);
  pair.run(100ms);
  CHECK(pair.a.state() == State::kClosed);
}

TEST_CASE("a remote that aborts: closed when its user ended it, failed with its cause otherwise") {
  for (const uint16_t cause : std::vector<uint16_t>{12, 13}) {  // user-initiated, protocol violation
    Pair pair(1);
    pair.connect();
    // RFC 9260, 3.3.7
    pair.b.receive(forged(pair, {6, 0, 0, 8, 0, static_cast<uint8_t>(cause), 0, 4}));
    pair.b.poll(pair.now);
    CHECK(pair.b.state() == (cause == 12 ? State::kClosed : State::kFailed));
    CHECK(pair.b.reason() == (cause == 12 ? "" : "protocol violation"));
    CHECK(pair.b.deadline() == kNever);
  }
}

TEST_CASE("a remote that vanishes is noticed after the retransmissions, or by a heartbeat") {
  for (const bool something_to_send : {true, false}) {
    CAPTURE(something_to_send);
    Pair pair(1);
    pair.connect();
    pair.b_hears = pair.a_hears = false;
    if (something_to_send) CHECK(pair.a.send(1, kBinary, numbered(1), kReliable) == Sent::kQueued);
    pair.run(10s);
    CHECK(pair.a.state() == State::kConnected);
    CHECK(pair.run_until([&] { return pair.a.state() == State::kFailed; }, 1200s));
    CHECK_FALSE(pair.a.reason().empty());
    CHECK(pair.a.deadline() == kNever);
  }
}

TEST_CASE("a remote that never answers is given up") {
  Pair pair(1);
  pair.b_hears = false;
  pair.connect();
  CHECK(pair.run_until([&] { return pair.a.state() == State::kFailed; }, 600s));
  CHECK_FALSE(pair.a.reason().empty());
}

TEST_CASE("a third party's set-up does not disturb an association") {
  Pair pair(1);
  pair.connect();
  for (int i = 0; i < 1000; ++i) {
    Association other({.max_outbound_streams = 10, .max_inbound_streams = 10});
    other.connect();
    other.poll(pair.now);
    REQUIRE(other.packets().size() == 1);
    pair.a.receive(other.packets()[0]);
    pair.a.poll(pair.now);
  }
  CHECK(pair.a.packets().size() <= 1000);  // an answer to each INIT, and nothing kept of it
  CHECK(pair.a.state() == State::kConnected);
  CHECK(pair.a.send(1, kBinary, numbered(1), kReliable) == Sent::kQueued);
  CHECK(pair.run_until([&] { return !pair.b.messages().empty(); }));
}

TEST_CASE("destroyed while retransmissions, resets and a shutdown are under way") {
  Pair other(2);
  other.connect();
  for (int i = 0; i < 100; ++i) {
    Pair pair(static_cast<uint64_t>(i));
    pair.connect();
    pair.loss = 0.5;
    for (uint32_t n = 0; n < 20; ++n) pair.a.send(static_cast<uint16_t>(n), kBinary, numbered(n), kReliable);
    pair.a.reset_stream(3);
    if (i % 2) pair.b.close();
    pair.run(Duration(i * 7'000));
  }
  // Their timers are due now, and must find nothing.
  other.run(100s);
  CHECK(other.a.send(1, kBinary, numbered(1), kReliable) == Sent::kQueued);
  CHECK(other.run_until([&] { return !other.b.messages().empty(); }));
}

TEST_CASE("garbage, and packets for others, change nothing") {
  Pair pair(1);
  pair.b.receive(std::vector<uint8_t>(100));  // before it is up
  pair.connect();
  Random random(1);
  for (size_t size = 0; size < 2000; ++size) {
    std::vector<uint8_t> packet = bytes_of(size, random);
    if (size >= 4) store32(packet.data(), 5000 << 16 | 5000);
    pair.b.receive(packet);
  }
  pair.b.receive(std::vector<uint8_t>(70'000));
  pair.run(1s);
  CHECK(pair.b.state() == State::kConnected);
  CHECK(pair.a.send(1, kBinary, numbered(1), kReliable) == Sent::kQueued);
  CHECK(pair.run_until([&] { return !pair.b.messages().empty(); }));
}

TEST_CASE("an idle association wakes seldom, and says nothing but heartbeats") {
  Pair pair(1);
  pair.connect();
  pair.run(5s);
  pair.packets = 0;
  CHECK(pair.a.deadline().time_since_epoch() % 100ms == 0ms);
  pair.run(300s);
  CHECK(pair.packets >= 20);
  CHECK(pair.packets <= 60);
  CHECK(pair.a.state() == State::kConnected);
  CHECK(pair.a.send(1, kBinary, numbered(1), kReliable) == Sent::kQueued);
  pair.run(1ms);
  CHECK(pair.a.deadline() - pair.now <= 10ms);
}
