// What the tests of whole calls begin with: a world with one router, streams to send, and what the core told.
#pragma once

#include "sim/peer.hpp"

namespace sfu::sim {

inline SendingStream audio(uint32_t ssrc) { return {.ssrc = ssrc, .mid = "a"}; }
inline SendingStream video(uint32_t ssrc) {
  return {.ssrc = ssrc, .rtx_ssrc = ssrc + 1, .mid = "v", .video = true};
}
inline SendingStream layer(uint32_t ssrc, std::string rid) {
  return {.ssrc = ssrc, .rtx_ssrc = ssrc + 1, .rid = std::move(rid), .mid = "v", .video = true};
}

struct Call {
  explicit Call(uint64_t seed = 1) : world(seed), router(new_router()) {}
  uint32_t new_router() { return world.ask_for(channel::CreateRouter{world.new_handle()}).router; }
  uint32_t new_direct_transport(uint32_t max_message_size = 1000) {
    const channel::CreateDirectTransport request{router, world.new_handle(), max_message_size,
                                                 max_message_size};
    return world.ask_for(request).transport;
  }
  // Frames of `packets` packets, 30 a second, for `span`.
  void send(Peer& peer, uint32_t ssrc, Duration span, size_t packets = 4) {
    SendingStream& stream = peer.sending(ssrc);
    const Duration gap = stream.video ? Duration(33ms) : Duration(20ms);
    for (const Time end = world.now + span; world.now < end;) {
      peer.send_frame(ssrc, packets);
      world.run_for(gap);
      stream.timestamp += static_cast<uint32_t>(gap.count() * stream.clock_rate / 1'000'000);
    }
  }
  World world;
  uint32_t router;
};

template <class Event>
std::vector<Event> events_of(const World& world, uint32_t target) {
  std::vector<Event> out;
  for (const channel::Event& event : world.events)
    if (event.target == target)
      if (const auto* body = std::get_if<Event>(&event.body)) out.push_back(*body);
  return out;
}

}  // namespace sfu::sim
