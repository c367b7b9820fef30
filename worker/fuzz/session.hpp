// A core with a few objects in it, for the targets that call it with whatever comes.
//
//   router 1; WebRTC transports 2 and 3; direct transport 4; pipe 5 and 6 (sockets 2 and 3, each the other's
//   remote, with SCTP); audio producer 7 and data producer 8 on the direct transport; observers 9 and 10
#pragma once

#include "core/sfu.hpp"

namespace sfu::fuzz {

struct Session {
  Sfu core{Random::Seed{}, srtp::Backend::kOpenSsl};
  Time now{Duration(1h)};
  Outbox outbox;
  std::vector<channel::Event> events;
  Drops drops;

  Session() {
    const channel::SctpOptions sctp{262'144, 262'144, 2'000'000, 2'000'000, 5'242'880, 1024, 1024, 1024};
    request(channel::CreateRouter{1});
    channel::CreateWebRtcTransport webrtc{.router = 1, .ice_consent_timeout = 30, .sctp = sctp};
    webrtc.addresses.push_back({1, channel::Protocol::kUdp, "127.0.0.1", 4000});
    for (webrtc.transport = 2; webrtc.transport < 4; ++webrtc.transport) request(webrtc);
    request(channel::CreateDirectTransport{1, 4, 262'144, 262'144});
    for (const uint32_t handle : {5u, 6u})
      request(channel::CreatePlainTransport{
          .router = 1, .transport = handle, .address = address(handle - 3), .pipe = true, .sctp = sctp});
    for (const uint32_t handle : {5u, 6u})
      request(
          channel::ConnectPlainTransport{.transport = handle, .ip = "127.0.0.1", .port = 5000 + 8 - handle});
    channel::Produce produce{.transport = 4, .producer = 7, .rtp_parameters = channel::RtpParameters{}};
    produce.rtp_parameters->codecs.push_back(
        {.mime_type = "audio/opus", .payload_type = 100, .clock_rate = 48000});
    produce.rtp_parameters->encodings.push_back({.ssrc = 500});
    produce.rtp_mapping = channel::RtpMapping{{{100, 100}}, {}};
    request(produce);
    request(channel::ProduceData{.transport = 4, .data_producer = 8});
    request(channel::CreateAudioLevelObserver{1, 9, 3, -80, 1000});
    request(channel::CreateActiveSpeakerObserver{1, 10, 300});
  }

  static channel::ListenAddress address(uint32_t socket) {
    return {socket, channel::Protocol::kUdp, "127.0.0.1", 5000 + socket};
  }
  template <class Request>
  void request(const Request& message) {
    Turn turn{now, outbox, events, drops};
    (void)core.handle(message, turn);
    finish(turn);
  }
  void datagram(uint32_t socket, const Address& from, Bytes bytes) {
    Turn turn{now, outbox, events, drops};
    Datagram one{{socket, Protocol::kUdp, from}, core.packets().take()};
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

}  // namespace sfu::fuzz
