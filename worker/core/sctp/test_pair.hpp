// For tests: two associations joined by a network with loss and delay, on simulated time. What is random
// comes from the seed.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/base/random.hpp"
#include "core/sctp/association.hpp"

namespace sfu::sctp {

class Pair {
 public:
  explicit Pair(uint64_t seed, const Options& left = {}, const Options& right = {})
      : a(left), b(right), random_(seed) {}

  void connect() {
    a.connect();
    b.connect();
    settle();
    run_until([&] { return a.state() == State::kConnected && b.state() == State::kConnected; });
  }

  // Events until the condition holds; false when it does not within `most`.
  template <class Condition>
  bool run_until(Condition&& holds, Duration most = 60s) {
    settle();
    const Time end = now + most;
    bool held = holds();
    for (; !held && now < end; held = holds()) step(end);
    return held;
  }
  void run(Duration span) {
    run_until([] { return false; }, span);
  }

  Time now{1000s};
  Association a, b;
  double loss = 0;
  Duration delay = 20ms;
  bool b_hears = true;  // false: what is sent to b is lost
  bool a_hears = true;
  uint64_t packets = 0;  // sent
  size_t largest_packet = 0;
  std::vector<uint8_t> last_to_b;

 private:
  void step(Time end) {
    Time at = std::min({a.deadline(), b.deadline(), end});
    if (!network_.empty()) at = std::min(at, network_.begin()->first);
    now = std::max(now, at);
    while (!network_.empty() && network_.begin()->first <= now) {
      const auto flight = network_.extract(network_.begin());
      auto& [to, packet] = flight.mapped();
      to->receive(packet);
      settle();
    }
    settle();
  }

  void settle() {
    a.poll(now);
    b.poll(now);
    send(a, b, b_hears);
    send(b, a, a_hears);
  }

  void send(Association& from, Association& to, bool hears) {
    for (auto& packet : std::exchange(from.packets(), {})) {
      ++packets;
      if (&to == &b) last_to_b = packet;
      largest_packet = std::max(largest_packet, packet.size());
      if (hears && random_.real() >= loss) network_.emplace(now + delay, Flight{&to, std::move(packet)});
    }
  }

  using Flight = std::pair<Association*, std::vector<uint8_t>>;
  Random random_;
  std::multimap<Time, Flight> network_;
};

}  // namespace sfu::sctp
