// Calls over the other ways in and out: plain RTP, pipes between routers, the controller itself; and data
// over all of them.
#include <doctest/doctest.h>

#include "core/rtp/parse.hpp"
#include "sim/call.hpp"

namespace sfu::sim {
namespace {

using channel::SrtpCryptoSuite;

const channel::SctpOptions kSctp{262'144, 262'144, 2'000'000, 2'000'000, 5'242'880, 1024, 1024, 1024};

// The plain side of a codec, as opus and VP8 are there everywhere in these tests.
channel::RtpParameters parameters(bool video, std::vector<uint32_t> ssrcs) {
  channel::RtpParameters out;
  out.codecs.push_back({.mime_type = video ? "video/VP8" : "audio/opus",
                        .payload_type = video ? Peer::kVideo : Peer::kAudio,
                        .clock_rate = video ? 90000u : 48000u});
  if (video) out.codecs[0].rtcp_feedback = {{"nack", "pli"}, {"ccm", "fir"}};
  out.header_extensions.push_back({"urn:ietf:params:rtp-hdrext:ssrc-audio-level", 6});
  for (const uint32_t ssrc : ssrcs) out.encodings.push_back({.ssrc = ssrc});
  return out;
}

uint32_t produce(World& world, uint32_t transport, bool video, const std::vector<uint32_t>& ssrcs) {
  channel::Produce request{.transport = transport,
                           .producer = world.new_handle(),
                           .kind = video ? channel::MediaKind::kVideo : channel::MediaKind::kAudio,
                           .rtp_parameters = parameters(video, ssrcs),
                           .rtp_mapping = channel::RtpMapping{}};
  const uint32_t payload_type = request.rtp_parameters->codecs[0].payload_type;
  request.rtp_mapping->codecs.push_back({payload_type, payload_type});
  return world.ask_for(request).producer;
}

uint32_t consume(World& world, uint32_t transport, uint32_t producer, bool video,
                 const std::vector<uint32_t>& ssrcs,
                 channel::ConsumerType type = channel::ConsumerType::kSimple) {
  return world
      .ask_for(channel::Consume{.transport = transport,
                                .consumer = world.new_handle(),
                                .producer = producer,
                                .kind = video ? channel::MediaKind::kVideo : channel::MediaKind::kAudio,
                                .rtp_parameters = parameters(video, ssrcs),
                                .type = type})
      .consumer;
}

std::vector<uint8_t> rtp_packet(uint8_t payload_type, uint16_t sequence, uint32_t ssrc,
                                std::vector<uint8_t> payload = {1, 2, 3}) {
  std::vector<uint8_t> out(12);
  out[0] = 0x80;
  out[1] = payload_type;
  store16(out.data() + 2, sequence);
  store32(out.data() + 4, 960u * sequence);
  store32(out.data() + 8, ssrc);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

struct Pipe {
  uint32_t near, far;
};

// Two pipe transports, each the other's remote.
Pipe pipe(World& world, uint32_t from, uint32_t to, std::optional<SrtpCryptoSuite> suite = {}) {
  channel::CreatePlainTransport create[2];
  channel::PlainTransportCreated created[2];
  for (const int i : {0, 1}) {
    create[i] = {.router = i == 0 ? from : to,
                 .transport = world.new_handle(),
                 .address = world.open_socket(),
                 .srtp_crypto_suite = suite,
                 .pipe = true,
                 .sctp = kSctp};
    created[i] = world.ask(create[i]);
  }
  for (const int i : {0, 1})
    world.ask(channel::ConnectPlainTransport{.transport = create[i].transport,
                                             .ip = create[1 - i].address->address,
                                             .port = create[1 - i].address->port,
                                             .srtp_parameters = created[1 - i].srtp_parameters});
  return {create[0].transport, create[1].transport};
}

}  // namespace

TEST_CASE("a simulcast stream crosses a pipe whole, and its layer is chosen behind it") {
  for (const bool secured : {false, true}) {
    Call call;
    const uint32_t other = call.new_router();
    Peer alice(call.world, call.router), bob(call.world, other);
    REQUIRE(alice.connect());
    REQUIRE(bob.connect());
    const Pipe joined = pipe(call.world, call.router, other,
                             secured ? std::optional(SrtpCryptoSuite::kAeadAes256Gcm) : std::nullopt);
    const uint32_t source = alice.produce(std::vector{layer(200, "l"), layer(300, "h")});
    const uint32_t piped =
        consume(call.world, joined.near, source, true, {7000, 7001}, channel::ConsumerType::kPipe);
    const uint32_t arriving = produce(call.world, joined.far, true, {7000, 7001});
    const uint32_t seen = bob.consume(arriving, true);
    for (int i = 0; i < 60; ++i) {
      for (const uint32_t ssrc : {200u, 300u}) {
        alice.send_frame(ssrc, 2);
        alice.sending(ssrc).timestamp += 2970;
      }
      call.world.run_for(33ms);
    }
    CHECK(call.world.ask(channel::GetConsumerStats{piped}).streams.size() == 2);
    CHECK(call.world.ask(channel::GetProducerStats{arriving}).streams.size() == 2);
    CHECK(call.world.ask(channel::DumpConsumer{seen}).current_layers->spatial_layer == 1);
    CHECK(bob.received(seen).packets.size() > 100);
    CHECK(bob.received(seen).gaps() == 0);
    call.world.ask(channel::SetPreferredLayers{seen, channel::ConsumerLayers{0}});
    call.send(alice, 200, 500ms, 2);
    CHECK(call.world.ask(channel::DumpConsumer{seen}).current_layers->spatial_layer == 0);

    // All legs go together.
    call.world.ask(channel::PauseConsumer{piped});
    call.world.run_for(50ms);
    const auto before = call.world.ask(channel::GetProducerStats{arriving}).streams[0].packet_count;
    call.send(alice, 200, 200ms, 2);
    CHECK(call.world.ask(channel::GetProducerStats{arriving}).streams[0].packet_count == before);
    call.world.ask(channel::CloseConsumer{piped});
    CHECK(call.world.ask(channel::DumpRouter{call.router}).producers[0].consumers.empty());
    call.send(alice, 200, 100ms, 2);
  }
}

TEST_CASE("a plain transport learns its remote from the first packet, and nobody takes its place") {
  Call call;
  Peer bob(call.world, call.router);
  REQUIRE(bob.connect());
  const channel::ListenAddress rtp = call.world.open_socket(), rtcp = call.world.open_socket();
  const uint32_t transport = call.world
                                 .ask_for(channel::CreatePlainTransport{.router = call.router,
                                                                        .transport = call.world.new_handle(),
                                                                        .address = rtp,
                                                                        .rtcp_address = rtcp,
                                                                        .comedia = true})
                                 .transport;
  const uint32_t heard = bob.consume(produce(call.world, transport, false, {500}), false, false);
  Link wire(1);
  const Address sender = call.world.new_address(), stranger = call.world.new_address();
  const auto speak = [&](const Address& from, uint16_t sequence) {
    call.world.send(from, rtp_packet(Peer::kAudio, sequence, 500), wire, rtp.socket);
    call.world.run_for(20ms);
  };
  for (uint16_t i = 0; i < 10; ++i) speak(sender, i);
  for (uint16_t i = 10; i < 20; ++i) speak(stranger, i);
  CHECK(bob.received(heard).packets.size() == 10);
  const auto tuples = events_of<channel::TupleChange>(call.world, transport);
  REQUIRE(tuples.size() == 1);
  CHECK(tuples[0].tuple->remote_port == sender.port);
  CHECK_FALSE(tuples[0].rtcp);
  CHECK(call.world.ask(channel::DumpTransport{transport}).rtcp_tuple->remote_port == 0);
}

TEST_CASE("a remote that sends RTCP first, and from another port, is where its RTP comes from") {
  Call call;
  Peer bob(call.world, call.router);
  REQUIRE(bob.connect());
  const channel::ListenAddress address = call.world.open_socket();
  const uint32_t transport = call.world
                                 .ask_for(channel::CreatePlainTransport{.router = call.router,
                                                                        .transport = call.world.new_handle(),
                                                                        .address = address,
                                                                        .comedia = true})
                                 .transport;
  const uint32_t heard = bob.consume(produce(call.world, transport, false, {500}), false, false);
  Link wire(1);
  const Address rtcp = call.world.new_address(), rtp = call.world.new_address();
  Address stranger = call.world.new_address();
  stranger.ip = Address::v4(203, 0, 113, 1, 0).ip;
  const auto remote_port = [&] {
    return events_of<channel::TupleChange>(call.world, transport).back().tuple->remote_port;
  };
  const auto speak = [&](const Address& from, const std::vector<uint8_t>& packet) {
    call.world.send(from, packet, wire, address.socket);
    call.world.run_for(20ms);
  };
  const std::vector<uint8_t> empty_report{0x80, 201, 0, 1, 0, 0, 1, 244};

  speak(rtcp, empty_report);
  CHECK(remote_port() == rtcp.port);
  speak(stranger, rtp_packet(Peer::kAudio, 1, 500));  // of another host
  CHECK(remote_port() == rtcp.port);
  speak(rtp, rtp_packet(Peer::kAudio, 2, 500));
  CHECK(remote_port() == rtp.port);
  speak(rtcp, rtp_packet(Peer::kAudio, 3, 500));  // only once
  speak(rtp, rtp_packet(Peer::kAudio, 4, 500));
  CHECK(remote_port() == rtp.port);
  CHECK(bob.received(heard).packets.size() == 2);
}

TEST_CASE("plain RTP under each SRTP suite is heard, and a forged packet is not") {
  const std::pair<SrtpCryptoSuite, srtp::Profile> suites[] = {
      {SrtpCryptoSuite::kAeadAes128Gcm, srtp::Profile::kAeadAes128Gcm},
      {SrtpCryptoSuite::kAeadAes256Gcm, srtp::Profile::kAeadAes256Gcm},
      {SrtpCryptoSuite::kAesCm128HmacSha180, srtp::Profile::kAesCm128HmacSha1_80},
      {SrtpCryptoSuite::kAesCm128HmacSha132, srtp::Profile::kAesCm128HmacSha1_32}};
  for (const auto& [suite, profile] : suites) {
    Call call;
    Peer bob(call.world, call.router);
    REQUIRE(bob.connect());
    const channel::ListenAddress address = call.world.open_socket();
    const uint32_t transport = call.world.new_handle();
    const channel::PlainTransportCreated created =
        call.world.ask(channel::CreatePlainTransport{.router = call.router,
                                                     .transport = transport,
                                                     .address = address,
                                                     .comedia = true,
                                                     .srtp_crypto_suite = suite});
    CHECK(created.srtp_parameters->key.size() == srtp::key_size(profile) + srtp::salt_size(profile));
    srtp::Master master;
    channel::SrtpParameters theirs{suite, std::vector<uint8_t>(created.srtp_parameters->key.size(), 5)};
    std::fill_n(master.key.begin(), srtp::key_size(profile), 5);
    std::fill_n(master.salt.begin(), srtp::salt_size(profile), 5);
    call.world.ask(channel::ConnectPlainTransport{.transport = transport, .srtp_parameters = theirs});
    const uint32_t heard = bob.consume(produce(call.world, transport, false, {500}), false, false);

    srtp::SendKeys keys(profile, master, srtp::Backend::kOpenSsl);
    srtp::Sealer sealer(srtp::Backend::kOpenSsl);
    Link wire(1);
    const Address sender = call.world.new_address();
    for (uint16_t i = 0; i < 5; ++i) {
      const std::vector<uint8_t> plain = rtp_packet(Peer::kAudio, i, 500);
      std::vector<uint8_t> sealed(plain.size() + srtp::rtp_overhead(profile));
      std::copy_n(plain.begin(), 12, sealed.begin());
      const srtp::SealJob job{.keys = &keys,
                              .index = i,
                              .out = sealed.data(),
                              .header = 12,
                              .payload_size = 3,
                              .payload = plain.data() + 12};
      sealer.seal(std::span(&job, 1));
      call.world.send(call.world.new_address(), plain, wire, address.socket);  // not under the keys
      call.world.send(sender, sealed, wire, address.socket);
      call.world.run_for(20ms);
    }
    CHECK(bob.received(heard).packets.size() == 5);
    CHECK(events_of<channel::TupleChange>(call.world, transport).back().tuple->remote_port == sender.port);
  }
}

TEST_CASE("what connect() of a plain transport refuses, it names") {
  Call call;
  const uint32_t transport = call.world.new_handle();
  const channel::CreatePlainTransport create{
      .router = call.router, .transport = transport, .address = call.world.open_socket()};
  call.world.ask(create);
  const auto refused = [&](channel::ConnectPlainTransport request) {
    request.transport = transport;
    return call.world.refused(request).message;
  };
  CHECK(refused({}).starts_with("ip is missing"));
  CHECK(refused({.ip = "127.0.0.1"}).starts_with("port is missing"));
  CHECK(refused({.ip = "nowhere", .port = 4000}).starts_with("ip and port"));
  CHECK(refused({.ip = "127.0.0.1", .port = 4000, .rtcp_port = 4001}).starts_with("rtcpPort must not"));
  CHECK(refused({.ip = "127.0.0.1", .port = 4000, .srtp_parameters = channel::SrtpParameters{}})
            .starts_with("srtpParameters must not"));
  call.world.ask(channel::ConnectPlainTransport{.transport = transport, .ip = "127.0.0.1", .port = 4000});
  CHECK(refused({.ip = "127.0.0.1", .port = 4000}) == "connect() was already called");
  channel::CreatePlainTransport again = create;
  again.transport = call.world.new_handle();
  CHECK(call.world.refused(again).message.starts_with("listenInfo: the socket"));
}

TEST_CASE("the controller sends and receives RTP and RTCP over a direct transport") {
  Call call;
  Peer bob(call.world, call.router);
  REQUIRE(bob.connect());
  const uint32_t direct = call.new_direct_transport();
  const uint32_t source = produce(call.world, direct, false, {500});
  const uint32_t heard = bob.consume(source, false, false);
  const uint32_t echoed = consume(call.world, direct, source, false, {600});
  for (uint16_t i = 0; i < 10; ++i) {
    call.world.ask(channel::SendRtp{source, rtp_packet(Peer::kAudio, i, 500)});
    call.world.ask(channel::SendRtp{source, rtp_packet(Peer::kAudio, i, 501)});  // nobody's
    call.world.ask(channel::SendRtp{source, {1, 2, 3}});
    call.world.run_for(20ms);
  }
  CHECK(bob.received(heard).packets.size() == 10);
  const auto packets = events_of<channel::RtpPacket>(call.world, echoed);
  REQUIRE(packets.size() == 10);
  CHECK(load32(packets[3].packet.data() + 8) == 600);
  CHECK(packets[3].packet.back() == 3);
  call.world.run_for(3s);
  CHECK_FALSE(events_of<channel::RtcpPacket>(call.world, direct).empty());
  CHECK(call.world.drops.of(Drop::kUnknownSsrc) == 10);
}

TEST_CASE("a controller that does not read gets no more packets, and the others theirs all the same") {
  Call call;
  Peer bob(call.world, call.router);
  REQUIRE(bob.connect());
  const uint32_t direct = call.new_direct_transport();
  const uint32_t source = produce(call.world, direct, false, {500});
  const uint32_t heard = bob.consume(source, false, false);
  const uint32_t echoed = consume(call.world, direct, source, false, {600});
  call.world.controller_behind = true;
  for (uint16_t i = 0; i < 10; ++i)
    call.world.ask(channel::SendRtp{source, rtp_packet(Peer::kAudio, i, 500)});
  call.world.run_for(2s);
  CHECK(bob.received(heard).packets.size() == 10);
  CHECK(events_of<channel::RtpPacket>(call.world, echoed).empty());
  CHECK(events_of<channel::RtcpPacket>(call.world, direct).empty());
  CHECK(call.world.drops.of(Drop::kControllerBehind) == 10);
}

TEST_CASE("data goes from peer to peer, over a pipe, and to the controller, each where it is wanted") {
  Call call;
  const uint32_t other = call.new_router();
  Peer alice(call.world, call.router, {.data = true}), bob(call.world, other, {.data = true});
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const Pipe joined = pipe(call.world, call.router, other);
  call.world.run_for(500ms);
  REQUIRE(alice.data().state() == sctp::State::kConnected);
  REQUIRE(call.world.ask(channel::DumpTransport{joined.far}).sctp_state == channel::SctpState::kConnected);

  const uint32_t direct = call.new_direct_transport(300'000);
  const uint32_t source =
      call.world.ask_for(channel::ProduceData{.transport = direct, .data_producer = call.world.new_handle()})
          .data_producer;
  call.world.ask(channel::ConsumeData{.transport = joined.near,
                                      .data_consumer = call.world.new_handle(),
                                      .data_producer = source,
                                      .sctp_stream_parameters = channel::SctpStreamParameters{0, true}});
  const uint32_t piped =
      call.world
          .ask_for(channel::ProduceData{.transport = joined.far,
                                        .data_producer = call.world.new_handle(),
                                        .sctp_stream_parameters = channel::SctpStreamParameters{0, true}})
          .data_producer;
  bob.consume_data(piped, 3, {7, 8});
  const std::vector<uint8_t> big(262'144, 'x');
  call.world.ask(channel::SendFromDataProducer{source, 53, big});
  call.world.ask(channel::SendFromDataProducer{source, 51, {'a'}, {7}});
  call.world.ask(channel::SendFromDataProducer{source, 51, {'b'}, {9}});
  call.world.ask(channel::SendFromDataProducer{source, 51, {'c'}, {7}, 9u});
  call.world.ask(channel::SendFromDataProducer{source, 51, {'d'}, {7}, {}, 8u});
  call.world.ask(channel::SendFromDataProducer{source, 51, {'e'}, {8}, 7u, 9u});
  call.world.run_for(5s);
  call.world.ask(channel::SendFromDataProducer{source, 53, std::vector<uint8_t>(262'145)});  // for no pipe
  call.world.run_for(1s);
  CHECK(call.world.ask(channel::GetDataProducerStats{piped}).messages_received == 6);
  REQUIRE(bob.messages.size() == 3);
  CHECK(bob.messages[0].bytes == big);
  CHECK(bob.messages[1].bytes == std::vector<uint8_t>{'a'});
  CHECK(bob.messages[2].bytes == std::vector<uint8_t>{'e'});
  CHECK(bob.messages[2].stream == 3);

  const uint32_t told = alice.produce_data(1);
  const uint32_t listener =
      call.world
          .ask_for(channel::ConsumeData{
              .transport = direct, .data_consumer = call.world.new_handle(), .data_producer = told})
          .data_consumer;
  CHECK(alice.data().send(1, 51, std::vector<uint8_t>{'h', 'i'}, {}) == sctp::Sent::kQueued);
  CHECK(alice.data().send(1, 50, std::vector<uint8_t>{2}, {}) == sctp::Sent::kQueued);  // DCEP: for nobody
  call.world.run_for(200ms);
  const auto messages = events_of<channel::DataMessage>(call.world, listener);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message == std::vector<uint8_t>{'h', 'i'});
  CHECK(call.world.ask(channel::GetDataProducerStats{told}).bytes_received == 2);
  call.world.ask(channel::CloseDataProducer{told});
  CHECK(call.world.refused(channel::GetDataConsumerStats{listener}).code == Error::Code::kNotFound);
}

TEST_CASE("the loudest are told while they speak, and silence once") {
  Call call;
  const uint32_t direct = call.new_direct_transport();
  const uint32_t loud = produce(call.world, direct, false, {500}),
                 quiet = produce(call.world, direct, false, {600});
  const uint32_t observer =
      call.world
          .ask_for(channel::CreateAudioLevelObserver{.router = call.router,
                                                     .observer = call.world.new_handle(),
                                                     .max_entries = 2,
                                                     .threshold = -70,
                                                     .interval = 500})
          .observer;
  for (const uint32_t producer : {loud, quiet}) call.world.ask(channel::ObserveProducer{observer, producer});
  // One-byte header extension (RFC 8285, 4.2) with the level under id 6.
  const auto speak = [&](uint32_t producer, uint32_t ssrc, uint16_t sequence, uint8_t level) {
    std::vector<uint8_t> packet = rtp_packet(Peer::kAudio, sequence, ssrc, {});
    packet[0] = 0x90;
    const std::vector<uint8_t> rest = {0xbe, 0xde, 0, 1, 0x60, level, 0, 0, 1, 2, 3};
    packet.insert(packet.end(), rest.begin(), rest.end());
    call.world.ask(channel::SendRtp{producer, packet});
  };
  for (uint16_t i = 0; i < 100; ++i) {
    speak(loud, 500, i, 20);
    speak(quiet, 600, i, 60);
    call.world.run_for(20ms);
  }
  const auto told = events_of<channel::Volumes>(call.world, observer);
  REQUIRE(told.size() >= 3);
  REQUIRE(told.back().volumes.size() == 2);
  CHECK(told.back().volumes[0] == channel::Volume{loud, -20});
  CHECK(told.back().volumes[1] == channel::Volume{quiet, -60});
  call.world.run_for(3s);
  const auto after = events_of<channel::Volumes>(call.world, observer);
  CHECK(after.back().volumes.empty());
  CHECK(std::ranges::count_if(after, [](const channel::Volumes& each) { return each.volumes.empty(); }) == 1);
  const uint32_t elsewhere =
      call.world
          .ask_for(channel::CreateActiveSpeakerObserver{call.new_router(), call.world.new_handle(), 300})
          .observer;
  CHECK(call.world.refused(channel::ObserveProducer{elsewhere, loud}).code == Error::Code::kNotFound);
  for (uint16_t i = 100; i < 140; ++i) {
    speak(loud, 500, i, 20);
    speak(quiet, 600, i, 60);
  }
  call.world.ask(channel::CloseProducer{loud});  // with all that was heard of it
  call.world.run_for(600ms);
  const auto last = events_of<channel::Volumes>(call.world, observer);
  REQUIRE(last.size() > after.size());
  CHECK(last[after.size()].volumes == std::vector{channel::Volume{quiet, -60}});
  call.world.ask(channel::CloseRtpObserver{observer});
}

TEST_CASE("traces tell what they are asked for, and nothing else") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t source = alice.produce(video(200)), seen = bob.consume(source, true);
  call.send(alice, 200, 100ms, 2);
  CHECK(events_of<channel::Trace>(call.world, source).empty());
  call.world.ask(channel::SetTraces{source, {channel::TraceType::kKeyframe, channel::TraceType::kPli}});
  call.world.ask(channel::SetTraces{seen, {channel::TraceType::kRtp, channel::TraceType::kPli}});
  bob.send_pli(seen);
  call.world.run_for(10ms);
  call.send(alice, 200, 100ms, 2);
  const auto of_source = events_of<channel::Trace>(call.world, source);
  REQUIRE(of_source.size() == 2);
  CHECK(of_source[0].kind == channel::TraceType::kPli);
  CHECK(of_source[0].direction == channel::TraceDirection::kOut);
  CHECK(of_source[1].kind == channel::TraceType::kKeyframe);
  CHECK(std::get<channel::RtpTrace>(of_source[1].info).is_key_frame);
  const auto of_seen = events_of<channel::Trace>(call.world, seen);
  REQUIRE(of_seen.size() == bob.received(seen).packets.size() + 1 - 2 * 4);
  CHECK(of_seen[0].kind == channel::TraceType::kPli);
  CHECK(of_seen[1].direction == channel::TraceDirection::kOut);
  call.world.ask(channel::SetTraces{seen, {}});
  call.send(alice, 200, 100ms, 2);
  CHECK(events_of<channel::Trace>(call.world, seen).size() == of_seen.size());
}

TEST_CASE("one request brings the statistics of all, or of one router") {
  Call call;
  const uint32_t other = call.new_router();
  Peer alice(call.world, call.router), bob(call.world, other);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t source = alice.produce(audio(100));
  alice.consume(source, false, false);
  call.send(alice, 100, 200ms, 1);
  const channel::AllStats all = call.world.ask(channel::GetAllStats{});
  CHECK(all.transports.size() == 2);
  REQUIRE(all.producers.size() == 1);
  CHECK(all.producers[0].streams[0].packet_count == 10);
  CHECK(all.consumers.size() == 1);
  CHECK(call.world.ask(channel::GetAllStats{other}).transports.size() == 1);
  CHECK(call.world.refused(channel::GetAllStats{99}).code == Error::Code::kNotFound);
}

}  // namespace sfu::sim
