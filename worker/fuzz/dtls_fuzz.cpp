// Two sessions shake hands while their datagrams are lost, changed, and mixed with made-up ones. The input is
// a script: an instruction, its argument, and for some a datagram. Neither side may connect to other keys.
#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "core/dtls/session.hpp"

namespace {

using namespace sfu;
using namespace sfu::dtls;

struct Script {
  Bytes rest;
  uint8_t byte() {
    const auto taken = take(rest, 1);
    return taken ? (*taken)[0] : 0;
  }
  Bytes datagram() {
    const size_t size = byte();
    return *take(rest, std::min(size, rest.size()));
  }
};

void carry(Session& from, Session& to, Script& script, uint8_t how, Time now) {
  for (auto& datagram : std::exchange(from.pending(), {})) {
    if (how == 1) datagram[(size_t{script.byte()} << 2) % datagram.size()] ^= script.byte();
    if (how == 2) datagram.resize(datagram.size() - script.byte() % datagram.size());
    if (how != 3) to.receive(datagram, now);
  }
}

// The script's datagram behind a record head that fits it.
void make_up(Session& to, Script& script, Time now) {
  const uint8_t kind = script.byte();
  const Bytes body = script.datagram();
  std::vector<uint8_t> datagram{static_cast<uint8_t>(20 + kind % 4), 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 1, kind, 0,
                                static_cast<uint8_t>(body.size())};
  datagram.insert(datagram.end(), body.begin(), body.end());
  to.receive(datagram, now);
}

void check_keys(const Session& client, const Session& server) {
  if (client.state() != State::kConnected || server.state() != State::kConnected) return;
  CHECK(client.keys()->profile == server.keys()->profile);
  CHECK(client.keys()->send.key == server.keys()->receive.key);
  CHECK(client.keys()->receive.key == server.keys()->send.key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Context context(Certificate::generate());
  Session client(context, Role::kClient), server(context, Role::kServer);
  const std::vector fingerprints{context.certificate().fingerprint(HashAlgorithm::kSha256)};
  client.set_remote_fingerprints(fingerprints);
  server.set_remote_fingerprints(fingerprints);
  Time now{1000s};
  client.start(now);
  for (Script script{{data, size}}; !script.rest.empty();) {
    const uint8_t instruction = script.byte();
    const bool to_server = instruction & 1;
    Session& from = to_server ? client : server;
    Session& to = to_server ? server : client;
    switch (instruction >> 1 & 3) {
      case 0:
        carry(from, to, script, instruction >> 3 & 3, now);
        break;
      case 1:
        to.receive(script.datagram(), now);
        break;
      case 2:
        make_up(to, script, now);
        break;
      case 3:
        now += Duration(script.byte() * 10'000);
        to.wake(now);
        to.send(script.datagram());
    }
    check_keys(client, server);
  }
  return 0;
}
