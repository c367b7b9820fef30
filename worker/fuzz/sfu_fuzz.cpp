// The whole core under arbitrary requests and datagrams: whatever comes, it answers or drops, and lives on.
// The input is a row of records: kind, argument, length, bytes. A router (1) and two transports (2, 3) exist.
#include "core/sfu.hpp"

namespace {

using namespace sfu;

struct Session {
  Sfu core{Random::Seed{}, srtp::Backend::kOpenSsl};
  Time now{Duration(1h)};
  Outbox outbox;
  std::vector<channel::Event> events;
  Drops drops;

  Session() {
    request(channel::CreateRouter{1});
    channel::CreateWebRtcTransport transport{.router = 1, .ice_consent_timeout = 30};
    transport.addresses.push_back({1, channel::Protocol::kUdp, "127.0.0.1", 4000});
    for (transport.transport = 2; transport.transport < 4; ++transport.transport) request(transport);
  }
  template <class Request>
  void request(const Request& message) {
    Turn turn{now, outbox, events, drops};
    (void)core.handle(message, turn);
    finish(turn);
  }
  void call(uint8_t method, Bytes body) {
    Turn turn{now, outbox, events, drops};
    const channel::Request raw{1, method, {body.begin(), body.end()}};
    (void)channel::dispatch_sfu(core, raw, turn);
    finish(turn);
  }
  void datagram(uint8_t from, Bytes bytes) {
    Turn turn{now, outbox, events, drops};
    Datagram one{{1, Protocol::kUdp, Address::v4(10, 0, 0, from, 5000)}, core.packets().take()};
    one.packet->size = static_cast<uint16_t>(std::min(bytes.size(), rtp::Packet::kCapacity));
    one.packet->arrival = now;
    std::copy_n(bytes.begin(), one.packet->size, one.packet->bytes.begin());
    core.receive(std::span(&one, 1), turn);
    finish(turn);
  }
  void pass(Duration span) {
    now += span;
    Turn turn{now, outbox, events, drops};
    if (core.deadline() <= now) core.wake(turn);
    finish(turn);
  }
  void finish(Turn& turn) {
    while (!core.seal(turn)) outbox.clear();
    outbox.clear();
    events.clear();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Session session;
  Bytes in(data, size);
  while (const auto head = take<3>(in)) {
    const Bytes body = *take(in, std::min<size_t>(head->u8<2>(), in.size()));
    switch (head->u8<0>() % 3) {
      case 0:
        session.call(head->u8<1>(), body);
        break;
      case 1:
        session.datagram(head->u8<1>(), body);
        break;
      case 2:
        session.pass(std::chrono::milliseconds(head->u8<1>() * 10));
        break;
    }
  }
  return 0;
}
