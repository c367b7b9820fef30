#include "core/bwe/sent_packets.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "core/base/random.hpp"
#include "core/rtcp/builder.hpp"
#include "core/rtcp/compound.hpp"

namespace sfu::bwe {
namespace {

constexpr Time kStart{1000s};

// Feedback as it comes from the wire.
rtcp::Message parsed(Bytes datagram) {
  rtcp::Reader reader(datagram);
  const auto message = reader.next();
  REQUIRE(message.has_value());
  return *message;
}

std::vector<uint8_t> transport_cc(uint16_t base, const std::vector<Time>& arrivals) {
  std::vector<uint8_t> out(1200);
  rtcp::Builder builder(out);
  REQUIRE(builder.add(rtcp::TransportCcReport{.base_sequence = base, .arrivals = arrivals}));
  out.resize(builder.size());
  return out;
}

struct Reports {
  uint32_t ssrc;
  uint16_t begin;
  std::vector<uint16_t> words;
};
constexpr uint16_t kReceived = 0x8000;

std::vector<uint8_t> ccfb(const std::vector<Reports>& streams, uint32_t timestamp) {
  std::vector<uint8_t> out(1400);
  ByteWriter writer(out);
  size_t words = 3;
  for (const Reports& stream : streams) words += 2 + (stream.words.size() + 1) / 2;
  writer.u8(0x80 | rtcp::Ccfb::kFormat);
  writer.u8(205);
  writer.u16(static_cast<uint16_t>(words - 1));
  writer.u32(1);
  for (const Reports& stream : streams) {
    writer.u32(stream.ssrc);
    writer.u16(stream.begin);
    writer.u16(static_cast<uint16_t>(stream.words.size()));
    for (const uint16_t word : stream.words) writer.u16(word);
    if (stream.words.size() % 2) writer.u16(0);
  }
  writer.u32(timestamp);
  out.resize(writer.size());
  return out;
}

struct Sender {
  SentPackets packets;
  Time now = kStart;

  // The first number is that of the first packet.
  explicit Sender(uint16_t first = 0) {
    for (uint32_t i = 0; i < first; ++i) packets.add({.sent = kStart - 10s, .ssrc = 9, .size = 1});
  }
  uint16_t send(uint32_t ssrc = 5, uint16_t rtp_sequence = 0, uint16_t size = 1000) {
    return packets.add({.sent = now, .ssrc = ssrc, .rtp_sequence = rtp_sequence, .size = size});
  }
  void send_many(int count, Duration apart = 1ms) {
    for (int i = 0; i < count; ++i, now += apart) send(5, static_cast<uint16_t>(i));
  }
  std::vector<PacketResult> read(const std::vector<uint8_t>& datagram) {
    const rtcp::Message message = parsed(datagram);
    std::span<const PacketResult> results;
    if (const auto* feedback = std::get_if<rtcp::TransportCc>(&message))
      results = packets.on_feedback(*feedback, now);
    if (const auto* feedback = std::get_if<rtcp::Ccfb>(&message))
      results = packets.on_feedback(*feedback, now);
    return {results.begin(), results.end()};
  }
};

size_t received(const std::vector<PacketResult>& results) {
  return static_cast<size_t>(
      std::ranges::count_if(results, [](const auto& result) { return result.arrived.has_value(); }));
}

TEST_CASE("packets are numbered one after the other, across the wrap") {
  for (const int start : {0, 1, 32'767, 65'534}) {
    const auto first = static_cast<uint16_t>(start);
    Sender sender(first);
    for (uint16_t i = 0; i < 5; ++i) CHECK(sender.send() == static_cast<uint16_t>(first + i));
  }
}

TEST_CASE("transport-cc tells of each packet whether and when it arrived, in the order of sending") {
  for (const int start : {0, 1, 32'766, 65'533, 65'535}) {
    const auto first = static_cast<uint16_t>(start);
    Sender sender(first);
    sender.send_many(4);
    sender.now += 50ms;
    const auto results = sender.read(transport_cc(first, {Time(7s), kNever, Time(7s) + 5ms, Time(7s) + 4ms}));
    REQUIRE(results.size() == 4);
    for (size_t i = 0; i < 4; ++i) CHECK(results[i].sent.rtp_sequence == i);
    CHECK_FALSE(results[1].arrived);
    CHECK(*results[2].arrived - *results[0].arrived == 5ms);
    CHECK(*results[3].arrived - *results[0].arrived == 4ms);
  }
}

TEST_CASE("a packet is reported received once") {
  Sender sender;
  sender.send_many(2);
  const auto feedback = transport_cc(0, {Time(7s), Time(7s)});
  CHECK(sender.read(feedback).size() == 2);
  CHECK(sender.read(feedback).empty());
  CHECK(sender.read(transport_cc(0, {kNever, Time(7s)})).empty());
}

TEST_CASE("a packet is reported lost once, and received if it comes after all") {
  Sender sender;
  sender.send_many(2);
  CHECK(sender.read(transport_cc(0, {kNever, Time(7s)})).size() == 2);
  CHECK(sender.read(transport_cc(0, {kNever, Time(7s)})).empty());
  const auto late = sender.read(transport_cc(0, {Time(7s)}));
  REQUIRE(late.size() == 1);
  CHECK(late[0].was_lost);
  CHECK(late[0].arrived);
}

TEST_CASE("feedback in the wrong order is read all the same") {
  Sender sender;
  sender.send_many(4);
  CHECK(received(sender.read(transport_cc(2, {Time(7s), Time(7s)}))) == 2);
  CHECK(received(sender.read(transport_cc(0, {Time(7s) - 10ms, Time(7s) - 5ms}))) == 2);
}

TEST_CASE("feedback about packets that were never sent reports nothing") {
  Sender sender;
  const auto about_nothing = transport_cc(100, {Time(7s), kNever, Time(7s)});
  CHECK(sender.read(about_nothing).empty());
  sender.send_many(3);
  CHECK(sender.read(about_nothing).empty());
  CHECK(sender.read(transport_cc(65'535, {Time(7s), Time(7s)})).size() == 1);
  CHECK(sender.packets.bytes_in_flight() == 2000);
}

TEST_CASE("feedback about packets that are forgotten reports nothing") {
  Sender sender;
  sender.send_many(SentPackets::kMaxCapacity + 100, 100us);
  CHECK(sender.read(transport_cc(99, {Time(7s), Time(7s)})).size() == 1);
}

TEST_CASE("RFC 8888 names packets by SSRC and sequence number") {
  Sender sender;
  for (const int sequence : {65'534, 65'535, 0, 1}) {
    sender.send(7, static_cast<uint16_t>(sequence));
    sender.send(3, static_cast<uint16_t>(sequence + 100));
  }
  const auto results = sender.read(ccfb(
      {{7, 65'535, {kReceived | 1024, 0, kReceived | 512}}, {3, 98, {kReceived | 1024, kReceived | 1000}}},
      50u << 16));
  REQUIRE(results.size() == 5);
  CHECK(results[0].sent.ssrc == 3);
  CHECK(results[0].sent.rtp_sequence == 98);
  CHECK(results[1].sent.rtp_sequence == 65'535);
  CHECK(results[2].sent.rtp_sequence == 99);
  CHECK(results[3].sent.rtp_sequence == 0);
  CHECK_FALSE(results[3].arrived);
  CHECK(results[4].sent.rtp_sequence == 1);
  CHECK(*results[4].arrived - *results[1].arrived == 500ms);
}

TEST_CASE("RFC 8888 reports overlap: each packet counts once, and as late when it was lost before") {
  Sender sender;
  sender.send(7, 1);
  sender.send(7, 2);
  CHECK(sender.read(ccfb({{7, 1, {0, kReceived}}}, 50u << 16)).size() == 2);
  const auto results = sender.read(ccfb({{7, 1, {kReceived, kReceived}}}, 51u << 16));
  REQUIRE(results.size() == 1);
  CHECK(results[0].was_lost);
}

TEST_CASE("a packet that arrived at a time that RFC 8888 cannot tell is neither lost nor measured") {
  for (const int offset : {0x1ffe, 0x1fff}) {
    Sender sender;
    sender.send(7, 1);
    CHECK(sender.read(ccfb({{7, 1, {static_cast<uint16_t>(kReceived | offset)}}}, 50u << 16)).empty());
    CHECK(sender.read(ccfb({{7, 1, {0}}}, 51u << 16)).empty());
    CHECK(sender.packets.bytes_in_flight() == 0);
  }
}

TEST_CASE("streams that were never sent, that are named twice or that are empty do no harm") {
  Sender sender;
  sender.send(7, 1);
  const auto results =
      sender.read(ccfb({{8, 1, {0}}, {7, 1, {kReceived}}, {7, 1, {0}}, {0, 0, {}}}, 50u << 16));
  REQUIRE(results.size() == 1);
  CHECK(results[0].arrived);
}

TEST_CASE("what is in flight are the bytes sent after the newest packet that feedback spoke of") {
  Sender sender;
  CHECK(sender.packets.bytes_in_flight() == 0);
  sender.send_many(4);
  CHECK(sender.packets.bytes_in_flight() == 4000);
  sender.read(transport_cc(1, {Time(7s)}));
  CHECK(sender.packets.bytes_in_flight() == 2000);
  sender.read(transport_cc(0, {Time(7s)}));
  CHECK(sender.packets.bytes_in_flight() == 2000);
  sender.read(transport_cc(2, {kNever, Time(7s)}));
  CHECK(sender.packets.bytes_in_flight() == 0);
}

TEST_CASE("the round trip is the age of the newest packet that feedback tells of first") {
  Sender sender;
  sender.send_many(3, 10ms);
  sender.now = kStart + 100ms;
  CHECK_FALSE(sender.packets.rtt());
  sender.read(transport_cc(0, {Time(7s), Time(7s)}));
  CHECK(sender.packets.rtt() == 90ms);
  sender.read(transport_cc(0, {Time(7s), Time(7s)}));
  CHECK_FALSE(sender.packets.rtt());
}

TEST_CASE("nothing is allocated before something is sent, and the ring grows with what is under way") {
  Sender sender;
  CHECK(sender.packets.capacity() == 0);
  sender.send();
  CHECK(sender.packets.capacity() == SentPackets::kMinCapacity);
  sender.send_many(1000);
  CHECK(sender.packets.capacity() == 1024);
  sender.send_many(20'000, 100us);
  CHECK(sender.packets.capacity() == SentPackets::kMaxCapacity);
}

TEST_CASE("the ring does not grow when packets are acknowledged in time, or grow old") {
  Sender acknowledged, old;
  for (uint16_t i = 0; i < 1000; i += 20) {
    acknowledged.send_many(20);
    acknowledged.read(transport_cc(i, std::vector<Time>(20, Time(7s) + i * 1ms)));
    old.send_many(20, SentPackets::kMemory / 20);
  }
  CHECK(acknowledged.packets.capacity() == SentPackets::kMinCapacity);
  CHECK(old.packets.capacity() == SentPackets::kMinCapacity);
}

TEST_CASE("a reference time that jumps begins a new timeline; no time is far from now") {
  Sender sender;
  uint16_t next = 0;
  for (const Duration jump : {0s, 1'000'000s, 3s, 0s, 500'000s}) {
    sender.send_many(2);
    const auto results = sender.read(transport_cc(next, {Time(jump), Time(jump) + 5ms}));
    next += 2;
    REQUIRE(received(results) == 2);
    CHECK(*results[1].arrived - *results[0].arrived == 5ms);
    for (const auto& result : results)
      CHECK(std::chrono::abs(*result.arrived - sender.now) <= ReceiverTimeline::kPlausible);
  }
}

TEST_CASE("the timeline goes on where the reference time wraps") {
  Sender sender;
  sender.send_many(2);
  const Time wrap((1 << 24) * 64ms);
  const auto before = sender.read(transport_cc(0, {wrap - 64ms}));
  const auto after = sender.read(transport_cc(1, {wrap + 64ms}));
  CHECK(*after[0].arrived - *before[0].arrived == 128ms);
}

TEST_CASE("an arrival far from its own feedback is not believed") {
  Sender sender;
  sender.send_many(12);
  std::vector<Time> arrivals;
  for (int i = 0; i < 12; ++i) arrivals.push_back(Time(7s) + i * 8s);
  CHECK(received(sender.read(transport_cc(0, arrivals))) == 4);
}

TEST_CASE("whatever feedback says, a packet is told of once as received, and at most once before as lost") {
  Random random(11);
  Sender sender;
  uint32_t sent = 0;
  std::vector<int> times_received(20'000), times_lost(20'000);
  for (int round = 0; round < 2000; ++round) {
    for (uint32_t i = random.below(10); i > 0; --i) sender.send(sent++);
    sender.now += Duration(random.below(20'000));
    std::vector<Time> arrivals(1 + random.below(60), kNever);
    for (Time& at : arrivals)
      if (random.below(2)) at = Time(Duration(random.below(1'000'000)));
    arrivals.back() = Time(500ms);
    const auto base = static_cast<uint16_t>(random.below(4) ? sent - random.below(100) : random.u32());
    for (const PacketResult& result : sender.read(transport_cc(base, arrivals))) {
      const uint32_t number = result.sent.ssrc;
      CHECK(number < sent);
      CHECK(times_received[number] == 0);
      CHECK(result.was_lost == (result.arrived && times_lost[number] == 1));
      ++(result.arrived ? times_received : times_lost)[number];
      CHECK(times_lost[number] <= 1);
    }
    CHECK(sender.packets.bytes_in_flight() >= 0);
    CHECK(sender.packets.bytes_in_flight() <= sender.packets.capacity() * 1000);
  }
  CHECK(std::ranges::count(times_received, 1) > 5000);
}

}  // namespace
}  // namespace sfu::bwe
