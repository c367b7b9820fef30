#include "load/source.hpp"

#include <doctest/doctest.h>

#include "load/sinks.hpp"
#include "load/stamp.hpp"

namespace sfu::load {
namespace {

Time clock_of_test() { return Time(5s); }

// A source, its producer on a direct transport, and a consumer on the same one that a sink checks.
struct Loop {
  explicit Loop(channel::StartSource request) : sfu(Random::Seed{}, srtp::Backend::kOpenSsl) {
    ask(channel::CreateRouter{1});
    ask(channel::CreateDirectTransport{1, 2, 1000, 1000});
    channel::RtpParameters parameters;
    parameters.codecs.push_back({.mime_type = request.video ? "video/VP8" : "audio/opus",
                                 .payload_type = 96,
                                 .clock_rate = request.video ? 90'000u : 48'000u});
    for (const channel::SourceEncoding& each : request.encodings)
      parameters.encodings.push_back({.ssrc = each.ssrc});
    const auto kind = request.video ? channel::MediaKind::kVideo : channel::MediaKind::kAudio;
    channel::RtpMapping mapping;
    mapping.codecs.push_back({96, 96});
    ask(channel::Produce{
        .transport = 2, .producer = 3, .kind = kind, .rtp_parameters = parameters, .rtp_mapping = mapping});
    ask(channel::Consume{.transport = 2,
                         .consumer = 4,
                         .producer = 3,
                         .kind = kind,
                         .rtp_parameters = parameters,
                         .type = parameters.encodings.size() > 1 ? channel::ConsumerType::kPipe
                                                                 : channel::ConsumerType::kSimple});
    request.producer = 3;
    request.payload_type = 96;
    source.emplace(request, now);
    sinks.start(4);
  }

  template <class Request>
  void ask(const Request& request) {
    Turn turn{now, outbox, events, drops};
    CHECK(static_cast<bool>(sfu.handle(request, turn)));
  }
  void run_for(Duration span) {
    for (const Time end = now + span; source->deadline() <= end;) {
      now = source->deadline();
      Turn turn{now, outbox, events, drops};
      source->send(sfu, turn, clock_of_test);
      while (!sfu.seal(turn)) outbox.clear();
      for (const channel::Event& event : events)
        if (const auto* packet = std::get_if<channel::RtpPacket>(&event.body))
          sinks.receive(event.target, packet->packet, clock_of_test() + 7us);
      events.clear();
    }
  }

  Sfu sfu;
  Outbox outbox;
  std::vector<channel::Event> events;
  Drops drops;
  Time now{1h};
  std::optional<Source> source;
  Sinks sinks;
};

channel::StartSource camera(channel::SourceEncoding encoding) {
  return {.video = true, .encodings = {encoding}, .interval = 33'333};
}

}  // namespace

TEST_CASE("frames of full packets come whole, in time, and say when they were made") {
  Loop loop(camera({.ssrc = 7, .packets = 10}));
  loop.run_for(1s);
  const channel::SinkStats stats = loop.sinks.take();
  CHECK(stats.packets == 31 * 10);
  CHECK(stats.missing + stats.repeated + stats.corrupt == 0);
  REQUIRE(stats.delays.size() == 1);
  CHECK(stats.delays[0].microseconds == 7);
  CHECK(stats.bytes / stats.packets > 1100);
}

TEST_CASE("an encoder's frames come to their bitrate") {
  Loop loop(camera({.ssrc = 7, .bitrate = 1'000'000, .temporal_layers = 3}));
  loop.run_for(20s);
  const channel::SinkStats stats = loop.sinks.take();
  CHECK(static_cast<double>(stats.bytes) * 8 / 20 == doctest::Approx(1'000'000).epsilon(0.1));
  CHECK(stats.corrupt + stats.missing == 0);
}

TEST_CASE("all encodings of a simulcast are sent") {
  channel::StartSource request = camera({.ssrc = 7, .packets = 1});
  request.encodings.push_back({.ssrc = 8, .packets = 2});
  Loop loop(request);
  loop.run_for(1s);
  CHECK(loop.sinks.take().packets == 31 * 3);
}

TEST_CASE("a voice is a packet every 20 ms") {
  Loop loop({.video = false, .encodings = {{.ssrc = 7}}, .interval = 20'000, .phase = 5'000});
  loop.run_for(1s);
  const channel::SinkStats stats = loop.sinks.take();
  CHECK(stats.packets == 50);
  CHECK(stats.missing + stats.corrupt == 0);
}

TEST_CASE("a source that was held up does not send all that it missed") {
  Loop loop(camera({.ssrc = 7, .packets = 1}));
  loop.run_for(100ms);
  loop.now += 10s;
  Turn turn{loop.now, loop.outbox, loop.events, loop.drops};
  loop.source->send(loop.sfu, turn, clock_of_test);
  CHECK(loop.source->deadline() >= loop.now);
}

TEST_CASE("a key frame is made where it is asked for") {
  Loop loop(camera({.ssrc = 7, .bitrate = 500'000}));
  loop.run_for(1s);
  CHECK_FALSE(loop.source->want_key_frame(8));
  loop.sinks.take();
  loop.run_for(34ms);
  const uint64_t usual = loop.sinks.take().bytes;
  CHECK(loop.source->want_key_frame(7));
  loop.run_for(34ms);
  CHECK(loop.sinks.take().bytes > usual * 3);
}

}  // namespace sfu::load
