// A whole call without a network or a clock: the worker's core, fake peers, and seeded links between them.
// Time jumps from one event to the next, so that minutes pass in milliseconds.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/sfu.hpp"
#include "sim/link.hpp"

namespace sfu::sim {

class Peer;

class World {
 public:
  static constexpr uint32_t kSocket = 1;

  explicit World(uint64_t seed, srtp::Backend backend = srtp::best_backend());
  ~World();

  Time now{Duration(1h)};
  Random random;
  std::vector<channel::Event> events;  // all that the core told
  Drops drops;
  bool controller_behind = false;
  // Told when the core begins and ends to work on what came, and to lay out and seal what is to go.
  std::function<void(bool begins)> on_work = [](bool) {};

  Sfu& sfu() { return *sfu_; }
  // The controller asks. CHECKs that the answer is no error; see refused() for one that should be.
  template <class Request>
  auto ask(const Request& request) {
    auto answer = within_turn([&](Turn& turn) { return sfu_->handle(request, turn); });
    CHECK(static_cast<bool>(answer));
    return *answer;
  }
  // The same, for the request's own sake.
  template <class Request>
  Request ask_for(Request request) {
    ask(request);
    return request;
  }
  template <class Request>
  Error refused(const Request& request) {
    return within_turn([&](Turn& turn) { return sfu_->handle(request, turn); }).error();
  }
  uint32_t new_handle() { return ++last_handle_; }

  // Another socket of the core's, for a transport alone. What the core sends to its address comes back to it.
  channel::ListenAddress open_socket();

  // Peers live elsewhere; they enter and leave by themselves.
  void enter(Peer& peer);
  void leave(Peer& peer);
  Address new_address();

  // A peer's datagram sets out for the core, from `from`, which need not be the peer's.
  void send(const Address& from, Bytes datagram, Link& uplink, uint32_t socket = kSocket);
  void run_for(Duration span);
  // Until `done`; false if that did not come within `limit`.
  template <class Done>
  bool run_until(Done&& done, Duration limit) {
    for (const Time end = now + limit; now < end;) {
      if (done()) return true;
      step(end);
    }
    return done();
  }

 private:
  struct Flying {
    Address peer;         // the other side than the core's
    uint32_t socket = 0;  // of the core's that it goes to; 0: it goes to the peer
    std::vector<uint8_t> bytes;
  };

  template <class Act>
  auto within_turn(Act&& act) {
    Turn turn{now, outbox_, events, drops, controller_behind};
    auto result = act(turn);
    flush(turn);
    return result;
  }
  void flush(Turn& turn);
  void deliver_outbox();
  void step(Time end);
  void deliver(const Flying& datagram);

  std::unique_ptr<Sfu> sfu_;
  Outbox outbox_;
  std::multimap<Time, Flying> flying_;
  std::vector<Peer*> peers_;
  std::map<uint32_t, Address> sockets_;
  uint32_t last_handle_ = 0;
  uint16_t last_port_ = 1024;
};

}  // namespace sfu::sim
