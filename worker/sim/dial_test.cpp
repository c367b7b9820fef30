// The core as the calling side: one of its transports dials another one, which knows it for a client.
#include <doctest/doctest.h>

#include "sim/call.hpp"

namespace sfu::sim {
namespace {

const channel::SctpOptions kSctp{262'144, 262'144, 2'000'000, 2'000'000, 5'242'880, 1024, 1024, 1024};

struct End {
  uint32_t transport = 0;
  channel::WebRtcTransportCreated created;
};

End open(Call& call, uint32_t router, const std::vector<channel::ListenAddress>& addresses) {
  channel::CreateWebRtcTransport create{.router = router,
                                        .transport = call.world.new_handle(),
                                        .addresses = addresses,
                                        .ice_consent_timeout = 30,
                                        .sctp = kSctp};
  return {create.transport, call.world.ask(create)};
}

channel::DialWebRtcTransport dialling(const End& caller, const End& called) {
  return {caller.transport, called.created.ice_parameters, called.created.ice_candidates};
}

channel::RtpParameters vp8(uint32_t ssrc) {
  channel::RtpParameters out;
  out.codecs.push_back({.mime_type = "video/VP8", .payload_type = Peer::kVideo, .clock_rate = 90000});
  out.codecs[0].rtcp_feedback = {{"nack", ""}, {"nack", "pli"}};
  out.encodings.push_back({.ssrc = ssrc});
  return out;
}

// A server and a client of it, each on sockets of its own, which know each other's certificate.
struct Pair {
  explicit Pair(size_t sockets_of_server = 1) {
    std::vector<channel::ListenAddress> addresses;
    while (addresses.size() < sockets_of_server) addresses.push_back(call.world.open_socket());
    server = open(call, call.router, addresses);
    client = open(call, client_router, {call.world.open_socket()});
    call.world.ask(channel::ConnectWebRtcTransport{server.transport, channel::DtlsRole::kClient,
                                                   client.created.fingerprints});
    call.world.ask(channel::ConnectWebRtcTransport{client.transport, channel::DtlsRole::kAuto,
                                                   server.created.fingerprints});
  }
  void dial() { call.world.ask(dialling(client, server)); }
  channel::TransportStats stats(const End& end) {
    return call.world.ask(channel::GetTransportStats{end.transport});
  }
  bool connected() {
    const auto is = [this](const End& end) {
      return stats(end).ice_state == channel::IceState::kCompleted &&
             stats(end).dtls_state == channel::DtlsState::kConnected;
    };
    return is(server) && is(client);
  }

  Call call;
  uint32_t client_router = call.new_router();
  End server, client;
};

}  // namespace

TEST_CASE("a transport that dials another one is connected within a few round trips") {
  Pair pair;
  pair.dial();
  CHECK(pair.call.world.run_until([&] { return pair.connected(); }, 1s));
  const auto told = events_of<channel::IceSelectedTupleChange>(pair.call.world, pair.client.transport);
  REQUIRE(told.size() == 1);
  CHECK(told[0].tuple->remote_port == pair.server.created.ice_candidates[0].port);
  // Both ask for consent, and get it.
  pair.call.world.run_for(120s);
  CHECK(pair.connected());
}

TEST_CASE("of many candidates one is enough") {
  Pair pair(3);
  pair.dial();
  CHECK(pair.call.world.run_until([&] { return pair.connected(); }, 1s));
  pair.call.world.run_for(60s);
  CHECK(pair.connected());
}

TEST_CASE("media crosses a dialled transport") {
  Pair pair;
  pair.dial();
  REQUIRE(pair.call.world.run_until([&] { return pair.connected(); }, 1s));
  Peer alice(pair.call.world, pair.call.router), bob(pair.call.world, pair.client_router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  // From alice through the server to its client, which hands it on to bob.
  const uint32_t source = alice.produce(video(200));
  const channel::Consume down{.transport = pair.server.transport,
                              .consumer = pair.call.world.new_handle(),
                              .producer = source,
                              .kind = channel::MediaKind::kVideo,
                              .rtp_parameters = vp8(7000),
                              .type = channel::ConsumerType::kSimple};
  pair.call.world.ask(down);
  channel::Produce up{.transport = pair.client.transport,
                      .producer = pair.call.world.new_handle(),
                      .kind = channel::MediaKind::kVideo,
                      .rtp_parameters = down.rtp_parameters,
                      .rtp_mapping = channel::RtpMapping{}};
  up.rtp_mapping->codecs.push_back({Peer::kVideo, Peer::kVideo});
  pair.call.world.ask(up);
  const uint32_t seen = bob.consume(up.producer, true);
  pair.call.send(alice, 200, 2s);
  CHECK(bob.received(seen).packets.size() > 200);
  CHECK(bob.received(seen).gaps() == 0);
}

TEST_CASE("without a sign of the server for 30 s its client is disconnected") {
  Pair pair;
  pair.dial();
  REQUIRE(pair.call.world.run_until([&] { return pair.connected(); }, 1s));
  pair.call.world.ask(channel::CloseTransport{pair.server.transport});
  pair.call.world.run_for(29s);
  CHECK(pair.stats(pair.client).ice_state == channel::IceState::kCompleted);
  pair.call.world.run_for(10s);
  CHECK(pair.stats(pair.client).ice_state == channel::IceState::kDisconnected);
  CHECK(events_of<channel::IceStateChange>(pair.call.world, pair.client.transport).back().reason ==
        channel::IceDisconnectReason::kConsentExpired);
}

TEST_CASE("after a restart of the server its client dials with the new credentials, and the call goes on") {
  Pair pair;
  pair.dial();
  REQUIRE(pair.call.world.run_until([&] { return pair.connected(); }, 1s));
  const auto fresh = pair.call.world.ask(channel::RestartIce{pair.server.transport});
  pair.call.world.ask(channel::DialWebRtcTransport{pair.client.transport, fresh, {}});
  pair.call.world.run_for(60s);
  CHECK(pair.connected());
  CHECK(events_of<channel::IceStateChange>(pair.call.world, pair.client.transport).size() == 1);
}

TEST_CASE("to dial again is for new credentials alone: the paths stay") {
  Pair pair;
  pair.dial();
  CHECK(pair.call.world.refused(dialling(pair.client, pair.server))
            .message.starts_with("iceCandidates must be left"));
  CHECK(pair.call.world.run_until([&] { return pair.connected(); }, 1s));
}

TEST_CASE("with a wrong password nothing is connected") {
  Pair pair;
  channel::DialWebRtcTransport request = dialling(pair.client, pair.server);
  request.ice_parameters->password = "not the password at all.";
  pair.call.world.ask(request);
  pair.call.world.run_for(10s);
  CHECK(pair.stats(pair.client).ice_state == channel::IceState::kNew);
  CHECK(pair.stats(pair.server).ice_state == channel::IceState::kNew);
}

TEST_CASE("to dial needs a WebRTC transport, parameters, and a candidate within reach") {
  Pair pair;
  channel::DialWebRtcTransport request = dialling(pair.client, pair.server);
  const auto refusal = [&] { return pair.call.world.refused(request).message; };
  request.ice_parameters.reset();
  CHECK(refusal().starts_with("iceParameters"));
  request = dialling(pair.client, pair.server);
  for (const char* address : {"::1", "a name"}) {
    request.ice_candidates[0].address = address;
    CHECK(refusal().starts_with("iceCandidates"));
  }
  request.ice_candidates[0] = pair.server.created.ice_candidates[0];
  request.ice_candidates[0].protocol = channel::Protocol::kTcp;
  CHECK(refusal().starts_with("iceCandidates"));
  request = dialling(pair.client, pair.server);
  request.transport = pair.call.new_direct_transport();
  CHECK(refusal().find("no WebRTC transport") != std::string::npos);
  request.transport = 999;
  CHECK(pair.call.world.refused(request).code == Error::Code::kNotFound);
}

}  // namespace sfu::sim
