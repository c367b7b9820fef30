// The whole core under arbitrary requests and datagrams: whatever comes, it answers or drops, and lives on.
// The input is a row of records: kind, argument, length, bytes.
#include "fuzz/session.hpp"

namespace {

using namespace sfu;

void call(fuzz::Session& session, uint8_t method, Bytes body) {
  Turn turn{session.now, session.outbox, session.events, session.drops};
  const channel::Request raw{1, method, {body.begin(), body.end()}};
  (void)channel::dispatch_sfu(session.core, raw, turn);
  session.finish(turn);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Session session;
  Bytes in(data, size);
  while (const auto head = take<3>(in)) {
    const Bytes body = *take(in, std::min<size_t>(head->u8<2>(), in.size()));
    const uint8_t argument = head->u8<1>();
    switch (head->u8<0>() % 4) {
      case 0:
        call(session, argument, body);
        break;
      case 1:
        session.datagram(1, Address::v4(10, 0, 0, argument, 5000), body);
        break;
      case 2:  // on a socket of one transport's own, from its remote
        session.datagram(2 + argument % 2, Address::v4(127, 0, 0, 1, argument % 2 == 0 ? 5003 : 5002), body);
        break;
      case 3:
        session.pass(std::chrono::milliseconds(argument * 10));
        break;
    }
  }
  return 0;
}
