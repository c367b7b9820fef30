#include "core/bwe/arrivals.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "core/base/random.hpp"
#include "core/rtcp/compound.hpp"

namespace sfu::bwe {
namespace {

// A sender that collects what is reported to it.
struct Sender {
  std::map<uint16_t, std::vector<Duration>> received;
  std::map<uint16_t, int> lost;
  rtcp::ReferenceTime reference;
  int messages = 0;
  int datagrams = 0;

  void read(Bytes datagram) {
    ++datagrams;
    rtcp::Reader reader(datagram);
    while (const auto message = reader.next()) {
      const auto* feedback = std::get_if<rtcp::TransportCc>(&*message);
      REQUIRE(feedback != nullptr);
      CHECK(feedback->feedback_count == static_cast<uint8_t>(messages++));
      const Duration base = reference.unwrap(feedback->reference_time);
      feedback->each([&](const rtcp::TransportCc::Status& status) {
        if (status.received)
          received[status.sequence].push_back(base + status.since_reference);
        else
          ++lost[status.sequence];
      });
    }
    CHECK_FALSE(reader.malformed());
  }
};

struct Link {
  Arrivals arrivals;
  Sender sender;
  Time now{1000s};

  void packets(std::initializer_list<int> sequences) {
    for (const int sequence : sequences) packet(sequence);
  }
  void packet(int sequence) { arrivals.on_packet(static_cast<uint16_t>(sequence), now, 2); }
  void feedback(size_t room = rtcp::Builder::kMaxSize) {
    int tries = 0;
    for (bool more = true; more; room = rtcp::Builder::kMaxSize) {
      REQUIRE(++tries < 100);
      std::vector<uint8_t> out(room);
      rtcp::Builder builder(out);
      more = arrivals.write_feedback(builder, 1);
      sender.read(builder.written());
    }
  }
  std::vector<int> received() const { return keys(sender.received); }
  std::vector<int> lost() const { return keys(sender.lost); }

  template <class Map>
  static std::vector<int> keys(const Map& map) {
    std::vector<int> out;
    for (const auto& [sequence, value] : map) out.push_back(sequence);
    return out;
  }
};

using Sequences = std::vector<int>;

TEST_CASE("packets are acknowledged, and those missing between them reported lost") {
  Link link;
  link.packets({10, 11, 14});
  link.feedback();
  CHECK(link.received() == Sequences{10, 11, 14});
  CHECK(link.lost() == Sequences{12, 13});
  CHECK(link.sender.messages == 1);
  CHECK(link.sender.received[10].at(0) == 1000s);
}

TEST_CASE("a packet missing between two feedbacks is reported lost by the second") {
  Link link;
  link.packet(10);
  link.feedback();
  link.packet(12);
  link.feedback();
  CHECK(link.lost() == Sequences{11});
  CHECK(link.sender.received[10].size() == 1);
}

TEST_CASE("a packet that comes after it was reported lost is acknowledged alone") {
  Link link;
  link.packets({10, 12, 15});
  link.feedback();
  link.packets({11, 13, 14, 16});
  link.feedback();
  CHECK(link.received() == Sequences{10, 11, 12, 13, 14, 15, 16});
  for (const auto& [sequence, times] : link.sender.received) CHECK(times.size() == 1);
  CHECK(link.lost() == Sequences{11, 13, 14});
  CHECK(link.sender.messages == 1 + 3);
}

TEST_CASE("a packet before the first one is acknowledged") {
  Link link;
  link.packets({0, 65535});
  link.feedback();
  CHECK(link.received() == Sequences{0, 65535});
}

TEST_CASE("duplicates are ignored, before and after the feedback") {
  Link link;
  link.packets({10, 10});
  link.feedback();
  link.packet(10);
  CHECK(link.arrivals.deadline() == kNever);
  CHECK(link.sender.received[10].size() == 1);
}

TEST_CASE("a packet older than the window is ignored") {
  Link link;
  link.packets({2000});
  link.feedback();
  link.packets({2000 - 1024});
  CHECK(link.arrivals.deadline() == kNever);
  link.packets({2000 - 1023});
  CHECK(link.arrivals.deadline() != kNever);
}

TEST_CASE("after a jump only the window is reported") {
  Link link;
  link.packets({10, 5010});
  link.feedback();
  CHECK(link.received() == Sequences{5010});
  CHECK(link.lost().size() == 1023);
}

TEST_CASE("a sender that counts anew is followed from its second packet on") {
  Link link;
  link.packets({20'000, 20'001});
  link.feedback();
  link.packets({5, 6, 7});
  link.feedback();
  CHECK(link.received() == Sequences{6, 7, 20'000, 20'001});
  CHECK(link.lost().empty());
}

TEST_CASE("a new beginning forgets what was owed") {
  Link link;
  link.packets({20'000, 20'001, 5, 6});
  link.feedback();
  CHECK(link.received() == Sequences{6});
  CHECK(link.arrivals.deadline() == kNever);
}

TEST_CASE("stray old packets do not make a new beginning") {
  Link link;
  link.packets({20'000, 5, 20'001, 6, 20'002});
  link.feedback();
  CHECK(link.received() == Sequences{20'000, 20'001, 20'002});
}

TEST_CASE("nothing is owed at first, nor after the feedback") {
  Link link;
  CHECK(link.arrivals.deadline() == kNever);
  link.packet(1);
  link.feedback();
  CHECK(link.arrivals.deadline() == kNever);
  std::vector<uint8_t> out(1200);
  rtcp::Builder builder(out);
  CHECK_FALSE(link.arrivals.write_feedback(builder, 1));
  CHECK(builder.empty());
}

TEST_CASE("feedback is due 100 ms after the first packet, 50 ms with more than twenty") {
  Link link;
  const Time start = link.now;
  for (int i = 0; i < 20; ++i, link.now += 1ms) link.packet(i);
  CHECK(link.arrivals.deadline() == start + 100ms);
  link.packet(20);
  CHECK(link.arrivals.deadline() == start + 50ms);
}

TEST_CASE("feedback is due at once when half the window waits for it") {
  Link link;
  link.packets({0, 511});
  CHECK(link.arrivals.deadline() == link.now + 100ms);
  link.packet(512);
  CHECK(link.arrivals.deadline() == link.now);
}

TEST_CASE("a gap in time too long for one message splits the feedback") {
  Link link;
  link.packet(1);
  link.now += 8192ms;
  link.packet(2);
  link.feedback();
  CHECK(link.sender.messages == 2);
  CHECK(link.received() == Sequences{1, 2});
  CHECK(link.sender.received[2].at(0) - link.sender.received[1].at(0) == 8192ms);
}

TEST_CASE("what does not fit a datagram goes into the next") {
  Link link;
  for (int i = 0; i < 1024; ++i, link.now += 80ms) link.packet(i);
  link.feedback();
  CHECK(link.sender.datagrams == 2);
  CHECK(link.received().size() == 1024);
  CHECK(link.lost().empty());
}

TEST_CASE("a datagram that is nearly full takes nothing or a little") {
  for (size_t room = 0; room < 80; ++room) {
    Link link;
    link.packets({1, 2, 50, 100});
    link.feedback();
    link.packets({30, 32, 33, 200});
    link.feedback(room);
    CHECK(link.received() == Sequences{1, 2, 30, 32, 33, 50, 100, 200});
    for (const auto& [sequence, times] : link.sender.received) CHECK(times.size() == 1);
  }
}

TEST_CASE("the reference time wraps between feedbacks") {
  Link link;
  link.now = Time((1 << 24) * 64ms) - 1ms;
  link.packet(1);
  link.feedback();
  link.now += 2ms;
  link.packet(2);
  link.feedback();
  CHECK(link.sender.received[2].at(0) - link.sender.received[1].at(0) == 2ms);
}

// Sequence numbers from `start` on, some lost, some delayed, some doubled; feedback whenever it is due.
struct RandomCall {
  Random random;
  Link link;
  std::map<uint16_t, Time> arrived;
  std::deque<std::pair<Time, uint16_t>> delayed;

  explicit RandomCall(uint64_t seed) : random(seed) {}

  void arrive(uint16_t sequence) {
    link.packet(sequence);
    arrived.emplace(sequence, link.now);
  }
  void step(uint16_t sequence, uint32_t loss, uint32_t reorder) {
    link.now += Duration(random.below(20) == 0 ? random.below(400'000) : random.below(8'000));
    if (link.arrivals.deadline() <= link.now) link.feedback(random.below(1300));
    for (; !delayed.empty() && delayed.front().first <= link.now; delayed.pop_front())
      arrive(delayed.front().second);
    if (random.below(100) < loss) return;
    if (random.below(100) < reorder)
      delayed.emplace_back(link.now + 200ms, sequence);
    else
      arrive(sequence);
    if (random.below(10) == 0) arrive(sequence);
  }
};

TEST_CASE("whatever arrives is acknowledged exactly once, within half a tick") {
  uint64_t seed = 0;
  for (const int start : {0, 127, 32'768, 64'000, 65'535}) {
    for (const uint32_t loss : {0u, 5u, 60u}) {
      RandomCall call(++seed);
      for (uint16_t i = 0; i < 5000; ++i) call.step(static_cast<uint16_t>(start + i), loss, loss / 2 + 5);
      call.link.feedback();
      REQUIRE(call.link.sender.received.size() == call.arrived.size());
      for (const auto& [sequence, times] : call.link.sender.received) {
        REQUIRE(times.size() == 1);
        CHECK(std::chrono::abs(Time(times[0]) - call.arrived.at(sequence)) <= 125us);
      }
      for (const auto& [sequence, count] : call.link.sender.lost) CHECK(count == 1);
    }
  }
}

}  // namespace
}  // namespace sfu::bwe
