#include <string_view>

#include "sim/bwe/scenario.hpp"

namespace sfu::sim {
namespace {

using Rates = std::vector<Bitrate>;

constexpr Bitrate kVoice = 24_kbps;

const Rates& simulcast() {
  static const Rates rates = {100_kbps, 300_kbps, 1500_kbps};
  return rates;
}

// Participants, of whom one speaks.
std::vector<Source> gallery(size_t count, const Rates& layers = simulcast()) {
  std::vector<Source> out(count, Source{.layers = layers});
  out.front().audio = kVoice;
  return out;
}

// So that there is a choice of layers near each rate.
std::vector<Source> fine_gallery(size_t count) { return gallery(count, {50_kbps, 170_kbps, 500_kbps}); }

// The media of RFC 8867: 150 kbit/s to 1.5 Mbit/s, and a voice of 20.
std::vector<Source> rfc8867_media() {
  std::vector<Source> out = fine_gallery(3);
  out.front().audio = 20_kbps;
  return out;
}

Hop constant(Bitrate rate) { return {.schedule = {{0s, rate}}}; }

std::vector<Receiver> receivers(size_t count, Duration between) {
  std::vector<Receiver> out(count);
  for (size_t i = 0; i < count; ++i) out[i].starts = static_cast<int>(i) * between;
  return out;
}

// FNV-1a: a scenario's run does not depend on the others.
uint64_t seed_of(std::string_view name) {
  uint64_t out = 0xcbf29ce484222325;
  for (const char c : name) out = (out ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return out;
}

void add_steady(std::vector<Scenario>& out) {
  out.push_back({.name = "steady-300k",
                 .title = "steady 300 kbit/s",
                 .sources = gallery(2),
                 .forward = constant(300_kbps)});
  out.push_back(
      {.name = "steady-1m", .title = "steady 1 Mbit/s", .sources = gallery(3), .forward = constant(1_mbps)});
  out.push_back(
      {.name = "steady-3m", .title = "steady 3 Mbit/s", .sources = gallery(5), .forward = constant(3_mbps)});
  out.push_back({.name = "steady-1m-ccfb",
                 .title = "steady 1 Mbit/s, feedback by RFC 8888",
                 .sources = gallery(3),
                 .forward = constant(1_mbps),
                 .ccfb = true});
  out.push_back({.name = "single-stream",
                 .title = "one stream without layers, 1 Mbit/s over 2",
                 .sources = {{.layers = {1_mbps}, .temporal_layers = 1, .audio = kVoice}},
                 .forward = constant(2_mbps)});
}

void add_steps(std::vector<Scenario>& out) {
  out.push_back({.name = "step-down",
                 .title = "step down, 2.5 Mbit/s to 500 kbit/s",
                 .length = 60s,
                 .sources = gallery(4),
                 .forward = {.schedule = {{0s, 2.5_mbps}, {30s, 500_kbps}}},
                 .steady = false});
  out.push_back({.name = "step-up",
                 .title = "step up, 500 kbit/s to 2.5 Mbit/s",
                 .length = 60s,
                 .sources = fine_gallery(5),
                 .forward = {.schedule = {{0s, 500_kbps}, {30s, 2.5_mbps}}},
                 .steady = false,
                 .step_up = 30s,
                 .fast_step = true});
  out.push_back({.name = "down-and-up",
                 .title = "2 Mbit/s, 10 s of 300 kbit/s, 2 Mbit/s",
                 .length = 70s,
                 .sources = gallery(4),
                 .forward = {.schedule = {{0s, 2_mbps}, {30s, 300_kbps}, {40s, 2_mbps}}},
                 .steady = false,
                 .step_up = 40s});
}

void add_losses(std::vector<Scenario>& out) {
  for (const int percent : {1, 2, 5, 10})
    out.push_back({.name = "loss-" + std::to_string(percent),
                   .title = std::to_string(percent) + " % random loss, 2 Mbit/s",
                   .sources = gallery(4),
                   .forward = constant(2_mbps),
                   .path = {.loss = percent / 100.0}});
  out.push_back({.name = "loss-bursts",
                 .title = "3 % loss in bursts of 5, 2 Mbit/s",
                 .sources = gallery(4),
                 .forward = constant(2_mbps),
                 .path = {.bursts = {.enter = 0.006, .leave = 0.2}}});
}

void add_paths(std::vector<Scenario>& out) {
  for (const bool in_order : {true, false})
    out.push_back({.name = in_order ? "jitter" : "jitter-reorders",
                   .title = std::string("200 ms jitter") + (in_order ? "" : " that reorders") + ", 1 Mbit/s",
                   .sources = gallery(3),
                   .forward = constant(1_mbps),
                   .path = {.jitter = 200ms, .in_order = in_order}});
  out.push_back({.name = "bufferbloat",
                 .title = "bufferbloat of 1 s, 1 Mbit/s",
                 .sources = gallery(3),
                 .forward = {.schedule = {{0s, 1_mbps}}, .queue = {.max_wait = 1s}}});
  out.push_back({.name = "rtt-300",
                 .title = "300 ms round trip, 1 Mbit/s",
                 .sources = gallery(3),
                 .receivers = {{.delay = 150ms}},
                 .forward = constant(1_mbps)});
  out.push_back({.name = "feedback-loss",
                 .title = "30 % of the feedback lost, 1 Mbit/s",
                 .sources = gallery(3),
                 .forward = constant(1_mbps),
                 .feedback = {.loss = 0.3}});
  out.push_back({.name = "feedback-outage",
                 .title = "no feedback for 3 s, 1 Mbit/s",
                 .sources = gallery(3),
                 .forward = constant(1_mbps),
                 .backward = Hop{.schedule = {{0s, 10_mbps}, {30s, 0_bps}, {33s, 10_mbps}},
                                 .queue = {.max_wait = 100ms}},
                 .steady = false});
}

void add_small(std::vector<Scenario>& out) {
  out.push_back({.name = "audio-only",
                 .title = "audio only, three voices, 200 kbit/s",
                 .sources = std::vector<Source>(3, Source{.audio = kVoice}),
                 .forward = constant(200_kbps)});
  out.push_back({.name = "below-lowest",
                 .title = "120 kbit/s, the lowest encoding has 150",
                 .sources = {{.layers = {150_kbps, 500_kbps, 1500_kbps}, .audio = kVoice}},
                 .forward = constant(120_kbps),
                 .steady = false});
}

void add_competition(std::vector<Scenario>& out) {
  for (const size_t count : {2u, 4u, 8u})
    out.push_back({.name = "fairness-" + std::to_string(count),
                   .title = std::to_string(count) + " transports, 1 Mbit/s for each",
                   .length = 120s,
                   .sources = fine_gallery(3),
                   .receivers = receivers(count, 5s),
                   .forward = constant({1'000'000 * static_cast<int64_t>(count)}),
                   .settled = 60s});
  out.push_back({.name = "tcp",
                 .title = "one long TCP flow, 2 Mbit/s",
                 .length = 120s,
                 .sources = gallery(3),
                 .forward = constant(2_mbps),
                 .long_tcp = 1,
                 .settled = 30s,
                 .steady = false});
}

// RFC 8867, 5: its cases with one bottleneck. The numbers of each are the RFC's.
void add_rfc8867(std::vector<Scenario>& out) {
  const Link::Options path{.jitter = 30ms, .in_order = true};
  const std::vector<Source> media = rfc8867_media();
  out.push_back({.name = "rfc8867-5.1",
                 .title = "RFC 8867, 5.1: variable capacity, one flow",
                 .length = 100s,
                 .sources = media,
                 .forward = {.schedule = {{0s, 1_mbps}, {40s, 2.5_mbps}, {60s, 600_kbps}, {80s, 1_mbps}}},
                 .path = path,
                 .steady = false,
                 .step_up = 40s});
  out.push_back(
      {.name = "rfc8867-5.2",
       .title = "RFC 8867, 5.2: variable capacity, two flows",
       .length = 125s,
       .sources = media,
       .receivers = receivers(2, 0s),
       .forward = {.schedule = {{0s, 4_mbps}, {25s, 2_mbps}, {50s, 3.5_mbps}, {75s, 1_mbps}, {100s, 2_mbps}}},
       .path = path,
       .steady = false,
       .step_up = 50s});
  std::vector<Receiver> both(2);
  both.back().backward = true;
  out.push_back({.name = "rfc8867-5.3",
                 .title = "RFC 8867, 5.3: congested feedback, flows both ways",
                 .length = 100s,
                 .sources = media,
                 .receivers = both,
                 .forward = {.schedule = {{0s, 2_mbps}, {20s, 1_mbps}, {40s, 500_kbps}, {60s, 2_mbps}}},
                 .backward = Hop{.schedule = {{0s, 2_mbps}, {35s, 800_kbps}, {70s, 2_mbps}}},
                 .path = path,
                 .feedback = path,
                 .steady = false,
                 .step_up = 60s});
  out.push_back({.name = "rfc8867-5.4",
                 .title = "RFC 8867, 5.4: three flows of the same kind",
                 .length = 120s,
                 .sources = media,
                 .receivers = receivers(3, 20s),
                 .forward = constant(3.5_mbps),
                 .path = path,
                 .settled = 60s});
  std::vector<Receiver> far = receivers(5, 10s);
  far[0].delay = 10ms, far[1].delay = 25ms, far[2].delay = 50ms, far[3].delay = 100ms, far[4].delay = 150ms;
  out.push_back({.name = "rfc8867-5.5",
                 .title = "RFC 8867, 5.5: round-trip fairness, five flows",
                 .length = 300s,
                 .sources = media,
                 .receivers = far,
                 .forward = constant(4_mbps),
                 .path = path,
                 .settled = 80s});
  for (const Duration queue : {Duration(300ms), Duration(1s)})
    out.push_back(
        {.name = queue == 1s ? "rfc8867-5.6-bloat" : "rfc8867-5.6",
         .title = std::string("RFC 8867, 5.6: a long TCP flow, queue of ") + (queue == 1s ? "1 s" : "300 ms"),
         .length = 120s,
         .sources = media,
         .receivers = receivers(1, 0s),
         .forward = {.schedule = {{0s, 2_mbps}}, .queue = {.max_wait = queue}},
         .path = path,
         .long_tcp = 1,
         .settled = 30s,
         .steady = false});
  out.push_back({.name = "rfc8867-5.7",
                 .title = "RFC 8867, 5.7: ten short TCP flows, two flows",
                 .length = 300s,
                 .sources = media,
                 .receivers = receivers(2, 0s),
                 .forward = constant(2_mbps),
                 .path = path,
                 .short_tcp = 10,
                 .settled = 30s,
                 .steady = false});
  std::vector<Receiver> pausing = receivers(3, 0s);
  pausing[0].pause = Receiver::Span{40s, 60s};
  out.push_back({.name = "rfc8867-5.8",
                 .title = "RFC 8867, 5.8: media pause and resume, three flows",
                 .length = 120s,
                 .sources = media,
                 .receivers = pausing,
                 .forward = constant(3.5_mbps),
                 .path = path,
                 .settled = 20s});
}

}  // namespace

std::vector<Scenario> scenarios() {
  std::vector<Scenario> out;
  add_steady(out);
  add_steps(out);
  add_losses(out);
  add_paths(out);
  add_small(out);
  add_competition(out);
  add_rfc8867(out);
  for (size_t i = 0; i < out.size(); ++i) {
    out[i].seed = seed_of(out[i].name);
    out[i].position = static_cast<int>(i);
  }
  return out;
}

}  // namespace sfu::sim
