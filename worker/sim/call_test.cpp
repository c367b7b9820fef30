// Whole calls over simulated networks.
#include "sim/call.hpp"

#include <doctest/doctest.h>

namespace sfu::sim {
TEST_CASE("a call forwards audio and video, and says where and how it connected") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t voice = alice.produce(audio(100)), picture = alice.produce(video(200));
  const uint32_t heard = bob.consume(voice, false, false), seen = bob.consume(picture, true);
  call.send(alice, 200, 1s);
  call.send(alice, 100, 1s, 1);
  CHECK(bob.received(heard).packets.size() == 50);
  CHECK(bob.received(seen).packets.size() == 31 * 4);
  CHECK(bob.received(seen).gaps() == 0);
  CHECK(events_of<channel::DtlsStateChange>(call.world, alice.transport()).back().state ==
        channel::DtlsState::kConnected);
  CHECK(events_of<channel::IceStateChange>(call.world, alice.transport()).back().state ==
        channel::IceState::kCompleted);
  CHECK(events_of<channel::IceSelectedTupleChange>(call.world, alice.transport())
            .back()
            .tuple->remote_address == "192.0.2.1");
}

TEST_CASE("either side may be the DTLS client") {
  Call call;
  Peer alice(call.world, call.router, {.role = channel::DtlsRole::kServer});
  CHECK(alice.connect());
}

TEST_CASE("over 5 % loss and 60 ms each way no packet is missing after recovery") {
  for (const uint64_t seed : {1, 2, 3}) {
    Call call(seed);
    Peer alice(call.world, call.router), bob(call.world, call.router);
    REQUIRE(alice.connect());
    REQUIRE(bob.connect());
    const uint32_t seen = bob.consume(alice.produce(video(200)), true);
    call.send(alice, 200, 1s);
    for (Peer* peer : {&alice, &bob}) {
      peer->uplink.set({.loss = 0.05, .delay = 60ms});
      peer->downlink.set({.loss = 0.05, .delay = 60ms});
    }
    call.send(alice, 200, 20s);
    for (Peer* peer : {&alice, &bob}) peer->uplink.set({}), peer->downlink.set({});
    call.send(alice, 200, 1s);
    const ReceivedStream& stream = bob.received(seen);
    CHECK(alice.uplink.counts().lost > 50);
    CHECK(bob.downlink.counts().lost > 50);
    CHECK(stream.repaired() > 100);
    CHECK(stream.packets.size() > 22 * 30 * 4 - 8);
    CHECK(stream.gaps() == 0);
  }
}

TEST_CASE("without RTX a lost packet is sent again as it was") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t seen = bob.consume(alice.produce(video(200)), true, false);
  call.send(alice, 200, 500ms);
  bob.downlink.set({.loss = 0.1, .delay = 20ms});
  call.send(alice, 200, 5s);
  bob.downlink.set({});
  call.send(alice, 200, 1s);
  CHECK(bob.received(seen).gaps() == 0);
  CHECK(bob.downlink.counts().lost > 20);
}

TEST_CASE("what is sent again without RTX is the same datagram, to the last bit") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t heard = bob.consume(alice.produce(audio(100)), false, false);
  call.send(alice, 100, 500ms, 1);
  bob.keep_datagrams = true;
  call.send(alice, 100, 200ms, 1);
  const size_t first = bob.datagrams.size();
  REQUIRE(first >= 10);
  call.world.run_for(300ms);
  bob.send_nack(heard, static_cast<uint16_t>(bob.received(heard).packets.rbegin()->first));
  call.world.run_for(50ms);
  REQUIRE(bob.datagrams.size() == first + 1);
  CHECK(bob.datagrams.back() == bob.datagrams[first - 1]);
}

TEST_CASE("a receiver starts with a key frame, asked for until it comes") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t picture = alice.produce(video(200));
  call.send(alice, 200, 1s);
  alice.downlink.set({.loss = 1});  // the first requests are lost
  const uint32_t seen = bob.consume(picture, true);
  call.send(alice, 200, 500ms);
  CHECK(bob.received(seen).packets.empty());
  alice.downlink.set({});
  call.send(alice, 200, 1200ms);
  REQUIRE(!bob.received(seen).packets.empty());
  const auto& first = bob.received(seen).packets.begin()->second.payload;
  CHECK((first[0] & 0x10) != 0);  // S: a frame's first packet
  CHECK((first[4] & 0x01) == 0);  // P: of a key frame
}

TEST_CASE("nobody asks for a key frame that nobody waits for any more") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t picture = alice.produce(video(200));
  call.send(alice, 200, 500ms);
  const uint32_t seen = bob.consume(picture, true);
  call.world.run_for(500ms);
  CHECK(alice.sending(200).plis >= 2);
  call.world.ask(channel::CloseConsumer{seen});
  const size_t before = alice.sending(200).plis;
  call.world.run_for(10s);
  CHECK(alice.sending(200).plis == before);
}

TEST_CASE("many receivers that want a key frame cause one request") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t picture = alice.produce(video(200));
  call.send(alice, 200, 1s);
  std::vector<uint32_t> consumers;
  for (int i = 0; i < 10; ++i) consumers.push_back(bob.consume(picture, true));
  const size_t before = alice.sending(200).plis;
  call.send(alice, 200, 1s);
  CHECK(alice.sending(200).plis <= before + 2);
  for (const uint32_t consumer : consumers) CHECK(!bob.received(consumer).packets.empty());
}

TEST_CASE("a paused consumer gets nothing, and continues without a gap in its numbers") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t picture = alice.produce(video(200));
  const uint32_t seen = bob.consume(picture, true);
  call.send(alice, 200, 1s);
  call.world.ask(channel::PauseConsumer{seen});
  const size_t before = bob.received(seen).packets.size();
  call.send(alice, 200, 1s);
  CHECK(bob.received(seen).packets.size() == before);
  const uint32_t last = bob.received(seen).packets.rbegin()->second.timestamp;
  call.world.ask(channel::ResumeConsumer{seen});
  call.send(alice, 200, 1s);
  CHECK(bob.received(seen).packets.size() > before + 60);
  CHECK(bob.received(seen).gaps() == 0);
  const uint32_t resumed =
      std::next(bob.received(seen).packets.begin(), static_cast<ptrdiff_t>(before))->second.timestamp;
  CHECK(resumed - last >= 90000);  // a second passed
  CHECK(resumed - last <= 2 * 90000);
}

TEST_CASE("a paused producer silences all its consumers") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t voice = alice.produce(audio(100));
  const uint32_t heard = bob.consume(voice, false, false);
  call.send(alice, 100, 500ms, 1);
  call.world.ask(channel::PauseProducer{voice});
  const size_t before = bob.received(heard).packets.size();
  CHECK(before > 20);
  call.send(alice, 100, 500ms, 1);
  CHECK(bob.received(heard).packets.size() == before);
  call.world.ask(channel::ResumeProducer{voice});
  call.send(alice, 100, 500ms, 1);
  CHECK(bob.received(heard).packets.size() > before + 20);
}

TEST_CASE("a producer tells its score when packets begin to come, cease, and come again") {
  Call call;
  Peer alice(call.world, call.router);
  REQUIRE(alice.connect());
  const uint32_t voice = alice.produce(audio(100));
  const auto told = [&] {
    std::vector<uint32_t> scores;
    for (const channel::ProducerScores& event : events_of<channel::ProducerScores>(call.world, voice))
      scores.push_back(event.scores.front().score);
    return scores;
  };
  call.world.run_for(3s);
  CHECK(told().empty());
  call.send(alice, 100, 40ms, 1);
  CHECK(told() == std::vector<uint32_t>{10});
  call.send(alice, 100, 3s, 1);
  CHECK(told() == std::vector<uint32_t>{10});
  call.world.run_for(3s);
  CHECK(told() == std::vector<uint32_t>{10, 0});
  call.send(alice, 100, 2s, 1);
  CHECK(told() == std::vector<uint32_t>{10, 0, 10});
}

TEST_CASE("audio and video of one sender keep the relation that he reports") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t heard = bob.consume(alice.produce(audio(100)), false, false);
  const uint32_t seen = bob.consume(alice.produce(video(200)), true);
  for (int i = 0; i < 60; ++i) {
    alice.send_frame(100, 1);
    alice.send_frame(200, 2);
    if (i % 20 == 5) alice.send_sender_report(100), alice.send_sender_report(200);
    call.world.run_for(50ms);
    alice.sending(100).timestamp += 2400;
    alice.sending(200).timestamp += 4500;
  }
  REQUIRE(bob.received(heard).mapping.has_value());
  REQUIRE(bob.received(seen).mapping.has_value());
  // Packets that left alice together are at the same instant by the reports that bob has.
  const auto instant = [](const ReceivedStream& stream, size_t packet, uint32_t rate) {
    const uint32_t timestamp =
        std::next(stream.packets.begin(), static_cast<ptrdiff_t>(packet))->second.timestamp;
    const auto behind = static_cast<int32_t>(stream.mapping->rtp_timestamp - timestamp);
    return static_cast<double>(stream.mapping->ntp.value) / 4294967296.0 - static_cast<double>(behind) / rate;
  };
  CHECK(instant(bob.received(heard), 40, 48000) ==
        doctest::Approx(instant(bob.received(seen), 80, 90000)).epsilon(1e-9));
}

TEST_CASE("transport-wide feedback acknowledges each packet once") {
  Call call;
  Peer alice(call.world, call.router);
  REQUIRE(alice.connect());
  alice.produce(video(200));
  alice.produce(audio(100));
  call.send(alice, 200, 1s);
  call.send(alice, 100, 1s, 1);
  call.world.run_for(200ms);
  CHECK(alice.feedback_received == 31 * 4 + 50);
  CHECK(alice.feedbacks >= 10);
}

TEST_CASE("a limit on the incoming bitrate reaches the sender as REMB") {
  Call call;
  Peer alice(call.world, call.router);
  REQUIRE(alice.connect());
  alice.produce(video(200));
  call.send(alice, 200, 200ms);
  call.world.ask(channel::SetMaxIncomingBitrate{alice.transport(), 300000});
  call.world.run_for(100ms);
  REQUIRE(alice.remb.has_value());
  CHECK(*alice.remb == doctest::Approx(300000).epsilon(0.01));
}

TEST_CASE("a sender hears that its limit was lifted, some times, and then no REMB any more") {
  Call call;
  Peer alice(call.world, call.router);
  REQUIRE(alice.connect());
  alice.produce(video(200));
  call.send(alice, 200, 200ms);
  call.world.ask(channel::SetMaxIncomingBitrate{alice.transport(), 0});
  call.world.run_for(3s);
  CHECK_FALSE(alice.remb.has_value());
  call.world.ask(channel::SetMaxIncomingBitrate{alice.transport(), 300000});
  call.world.ask(channel::SetMaxIncomingBitrate{alice.transport(), 0});
  for (int time = 0; time < 3; ++time) {
    call.world.run_for(1s);
    CHECK(alice.remb.value_or(0) > 4'000'000'000);
    alice.remb.reset();
  }
  call.world.run_for(10s);
  CHECK_FALSE(alice.remb.has_value());
}

TEST_CASE(
    "simulcast: the highest stream that is sent goes out, then the preferred one, each from a key frame") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t picture = alice.produce({layer(300, "l"), layer(400, "h")});
  const uint32_t seen = bob.consume(picture, true);
  const auto send_both = [&](int frames) {
    for (int i = 0; i < frames; ++i) {
      alice.send_frame(300, 1, 100);
      alice.send_frame(400, 1, 800);
      call.world.run_for(33ms);
      alice.sending(300).timestamp += 3000;
      alice.sending(400).timestamp += 3000;
    }
  };
  send_both(40);
  const auto& packets = bob.received(seen).packets;
  REQUIRE(packets.size() > 20);
  CHECK(packets.rbegin()->second.payload.size() == 800);
  call.world.ask(
      channel::SetPreferredLayers{seen, channel::ConsumerLayers{.spatial_layer = 0, .temporal_layer = {}}});
  send_both(40);
  CHECK(packets.rbegin()->second.payload.size() == 100);
  CHECK(bob.received(seen).gaps() == 0);
  CHECK(events_of<channel::LayersChange>(call.world, seen).back().layers->spatial_layer == 0);
  // The higher stream ends: with a wish for it, the lower one goes on.
  call.world.ask(
      channel::SetPreferredLayers{seen, channel::ConsumerLayers{.spatial_layer = 1, .temporal_layer = {}}});
  send_both(40);
  CHECK(packets.rbegin()->second.payload.size() == 800);
  for (int i = 0; i < 120; ++i) {
    alice.send_frame(300, 1, 100);
    call.world.run_for(33ms);
    alice.sending(300).timestamp += 3000;
  }
  CHECK(packets.rbegin()->second.payload.size() == 100);
  uint32_t last = packets.begin()->second.timestamp;
  for (const auto& [sequence, packet] : packets) {
    CHECK(static_cast<int32_t>(packet.timestamp - last) >= 0);
    last = packet.timestamp;
  }
}

TEST_CASE("an ICE restart keeps the call, and so does a change of the client's address") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t seen = bob.consume(alice.produce(video(200)), true);
  call.send(alice, 200, 500ms);
  bob.migrate();
  bob.restart_ice();
  alice.restart_ice();
  call.send(alice, 200, 4s);
  const size_t before = bob.received(seen).packets.size();
  call.send(alice, 200, 1s);
  CHECK(bob.received(seen).packets.size() >= before + 4 * 29);
}

TEST_CASE("a peer that went away is told as disconnected when its consent has expired") {
  Call call;
  Peer alice(call.world, call.router);
  REQUIRE(alice.connect());
  alice.uplink.set({.loss = 1});
  call.world.run_for(29s);
  CHECK(events_of<channel::IceStateChange>(call.world, alice.transport()).back().state ==
        channel::IceState::kCompleted);
  call.world.run_for(7s);
  const auto last = events_of<channel::IceStateChange>(call.world, alice.transport()).back();
  CHECK(last.state == channel::IceState::kDisconnected);
  CHECK(last.reason == channel::IceDisconnectReason::kConsentExpired);
}

TEST_CASE("a peer with another certificate than signalled gets no media and says why") {
  Call call;
  Peer mallory(call.world, call.router, {.wrong_fingerprint = true});
  mallory.connect();
  call.world.run_for(1s);
  const auto last = events_of<channel::DtlsStateChange>(call.world, mallory.transport()).back();
  CHECK(last.state == channel::DtlsState::kFailed);
  CHECK(*last.reason == "the remote's certificate does not have the fingerprint that was signalled");
}

TEST_CASE("200 hostile peers leave a running call untouched") {
  Call call;
  Peer alice(call.world, call.router), bob(call.world, call.router);
  REQUIRE(alice.connect());
  REQUIRE(bob.connect());
  const uint32_t seen = bob.consume(alice.produce(video(200)), true);
  call.send(alice, 200, 500ms);

  std::vector<std::unique_ptr<Peer>> hostile;
  for (size_t i = 0; i < 200; ++i) {
    hostile.push_back(
        std::make_unique<Peer>(call.world, call.router, Peer::Options{.wrong_fingerprint = i % 4 == 0}));
    if (i % 4 == 1) hostile.back()->uplink.set({.loss = 0.5});  // handshakes that stay half open
    if (i % 4 != 3) hostile.back()->connect();
  }
  Random random(7);
  const auto attack = [&] {
    for (auto& peer : hostile) {
      std::vector<uint8_t> garbage(random.below(1400));
      random.fill(garbage);
      constexpr uint8_t kFirst[] = {0, 1, 22, 23, 128, 144, 200, 255};
      if (!garbage.empty()) garbage[0] = kFirst[random.below(8)];
      peer->send_raw(garbage);
      call.world.send(alice.address(), garbage, alice.uplink);              // in alice's name
      call.world.send(alice.address(), alice.last_sealed(), alice.uplink);  // replayed
    }
  };
  for (int i = 0; i < 90; ++i) {
    attack();
    call.send(alice, 200, 33ms);
  }
  call.world.run_for(500ms);
  const ReceivedStream& stream = bob.received(seen);
  CHECK(stream.packets.size() >= (15 + 90) * 4 - 4);
  CHECK(stream.gaps() == 0);
  CHECK(stream.duplicates == 0);
  CHECK(call.world.drops.of(Drop::kReplayed) > 10000);
}

TEST_CASE("closing in any order leaves nothing behind") {
  for (int order = 0; order < 4; ++order) {
    Call call;
    {
      Peer alice(call.world, call.router), bob(call.world, call.router);
      REQUIRE(alice.connect());
      REQUIRE(bob.connect());
      const uint32_t picture = alice.produce(video(200));
      const uint32_t seen = bob.consume(picture, true);
      call.send(alice, 200, 200ms);
      if (order == 0) call.world.ask(channel::CloseConsumer{seen});
      if (order <= 1) call.world.ask(channel::CloseProducer{picture});
      if (order <= 2) call.world.ask(channel::CloseTransport{alice.transport()});
      call.send(alice, 200, 200ms);
      call.world.ask(channel::CloseRouter{call.router});
      CHECK(call.world.refused(channel::CloseConsumer{seen}).code == Error::Code::kNotFound);
      CHECK(call.world.refused(channel::CloseProducer{picture}).code == Error::Code::kNotFound);
      CHECK(call.world.refused(channel::CloseTransport{bob.transport()}).code == Error::Code::kNotFound);
    }
    call.world.run_for(3s);
    const channel::WorkerDump dump = call.world.ask(channel::DumpWorker{});
    CHECK(dump.routers.empty());
    CHECK(dump.packets_in_use == 0);
  }
}

}  // namespace sfu::sim
