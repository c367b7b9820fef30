// Two associations talk while one of them is attacked by somebody who knows the other's secrets: packets are
// lost, changed, and mixed with made-up ones that have the right tag and checksum, and numbers that fit. The
// input is a script: an instruction, its arguments, and for some a body. What is delivered keeps its bounds.
#include <usrsctp.h>

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "core/sctp/association.hpp"

namespace {

using namespace sfu;
using namespace sfu::sctp;

constexpr Options kOptions{.max_outbound_streams = 64,
                           .max_inbound_streams = 64,
                           .max_send_message_size = 5000,
                           .max_receive_message_size = 4000,
                           .send_buffer_size = 20'000,
                           .max_receive_window = 30'000};

constexpr uint8_t kData = 0, kInit = 1, kSack = 3, kReConfig = 130, kForwardTsn = 192;
constexpr uint32_t kDcep = 50;

struct Script {
  Bytes rest;
  uint8_t byte() {
    const auto taken = take(rest, 1);
    return taken ? (*taken)[0] : 0;
  }
  Bytes body() {
    const size_t size = byte();
    return *take(rest, std::min(size, rest.size()));
  }
};

using Packet = std::vector<uint8_t>;

void fix_checksum(Packet& packet) {
  if (packet.size() < 12) return;
  std::fill_n(packet.begin() + 8, 4, uint8_t{0});
  const uint32_t checksum = usrsctp_crc32c(packet.data(), packet.size());
  std::memcpy(packet.data() + 8, &checksum, sizeof(checksum));
}

// What the attacker reads on the line from the talker to the victim.
struct Line {
  uint32_t tag = 0;    // the victim's
  uint32_t tsn = 0;    // the last of the talker's
  uint32_t acked = 0;  // the last of the victim's that the talker has
  uint32_t reset = 0;  // the talker's next request (RFC 6525, 5.1.1)

  void read(const Packet& packet) {
    if (packet.size() < 32) return;
    const uint8_t* chunk = packet.data() + 12;
    if (const uint32_t seen = load32(packet.data() + 4)) tag = seen;
    if (chunk[0] == kData) tsn = load32(chunk + 4);
    if (chunk[0] == kSack) acked = load32(chunk + 4);
    if (chunk[0] == kInit) tsn = reset = load32(chunk + 16);
  }

  // One chunk of the script's; `how` says which of its numbers are made to fit.
  void append(Packet& packet, Script& script, uint8_t how) {
    const uint8_t type = script.byte();
    const uint8_t flags = script.byte();
    const Bytes body = script.body();
    const size_t at = packet.size();
    packet.insert(packet.end(), {type, flags, 0, static_cast<uint8_t>(4 + body.size())});
    packet.insert(packet.end(), body.begin(), body.end());
    packet.resize((packet.size() + 3) / 4 * 4);
    if (!(how & 1) || body.size() < 8) return;
    uint8_t* value = packet.data() + at + 4;
    const auto near = static_cast<uint32_t>(static_cast<int8_t>(value[3]));
    if (type == kData) store32(value, tsn + near);
    if (type == kData && how & 2 && body.size() >= 12) store32(value + 8, kDcep);
    if (type == kForwardTsn) store32(value, tsn + near);
    if (type == kSack) store32(value, acked + near);
    if (type == kReConfig) store32(value + 4, how & 2 ? reset++ : reset);
  }

  Packet make_up(Script& script) {
    Packet packet(12);
    store16(packet.data(), kOptions.port);
    store16(packet.data() + 2, kOptions.port);
    store32(packet.data() + 4, tag);
    for (uint8_t chunks = script.byte() % 4; packet.size() == 12 || chunks > 0; chunks -= chunks ? 1 : 0)
      append(packet, script, script.byte());
    fix_checksum(packet);
    return packet;
  }
};

struct World {
  Association talker{kOptions}, victim{kOptions};
  Line line;
  Time now{1000s};

  void settle(Association& one) {
    one.poll(now);
    for (const Message& message : std::exchange(one.messages(), {})) {
      CHECK(!message.bytes.empty() && message.bytes.size() <= kOptions.max_receive_message_size);
      CHECK(message.stream < one.max_inbound_streams());
    }
    for (const uint16_t stream : std::exchange(one.low_streams(), {}))
      CHECK(one.buffered(stream) <= kOptions.buffered_amount_low_threshold);
    for (const uint16_t stream : std::exchange(one.reset_streams(), {}))
      CHECK(stream < one.max_inbound_streams());
  }

  void carry(Association& from, Association& to, uint8_t how, Script& script) {
    settle(from);
    for (Packet& packet : std::exchange(from.packets(), {})) {
      if (&from == &talker) line.read(packet);
      if (how == 1) continue;
      if (how == 2) packet[12 + script.byte() % (packet.size() - 12)] ^= script.byte();
      if (how == 3) packet.resize(packet.size() - script.byte() % (packet.size() - 12));
      if (how != 0) fix_checksum(packet);
      to.receive(packet);
      settle(to);
    }
  }

  void exchange(Script& script) {
    carry(talker, victim, 0, script);
    carry(victim, talker, 0, script);
  }

  void connect() {
    Script nothing{};
    talker.connect();
    victim.connect();
    for (int i = 0; i < 4; ++i) exchange(nothing);
    CHECK(talker.state() == State::kConnected && victim.state() == State::kConnected);
  }

  void use(Association& one, Script& script) {
    const uint8_t what = script.byte();
    const uint16_t stream = what >> 2;
    const uint8_t size = script.byte();
    const Reliability mortal{.ordered = false, .max_packet_life_time = size};
    const Reliability once{.ordered = (what & 4) != 0, .max_retransmits = 0};
    const Packet message(size_t{size} * 17, size);
    if ((what & 3) == 0) one.send(stream, kDcep, message, {});
    if ((what & 3) == 1) one.send(stream, 53, message, mortal);
    if ((what & 3) == 2) one.send(stream, 53, message, once);
    if ((what & 3) == 3) one.reset_stream(stream);
  }
};

void perform(World& world, Script& script) {
  const uint8_t instruction = script.byte();
  switch (instruction & 7) {
    case 0:
      return world.carry(world.talker, world.victim, instruction >> 3 & 3, script);
    case 1:
      return world.carry(world.victim, world.talker, instruction >> 3 & 3, script);
    case 2:
      world.victim.receive(script.body());
      return world.settle(world.victim);
    case 3:
    case 4:
      world.victim.receive(world.line.make_up(script));
      return world.settle(world.victim);
    case 5:
      world.use(instruction & 8 ? world.talker : world.victim, script);
      return world.exchange(script);
    case 6:
      world.now += Duration(script.byte() * (instruction & 8 ? 100'000 : 5'000));
      return world.exchange(script);
    default:
      if (instruction >> 3 == 0) world.victim.close();
      return world.exchange(script);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World world;
  world.connect();
  for (Script script{{data, size}}; !script.rest.empty();) perform(world, script);
  return 0;
}
