// The worker itself: the core behind its UDP socket, in the loop that host::Host runs, but without a channel:
// requests are calls.
#pragma once

#include "bench/loop.hpp"
#include "bench/loopback.hpp"
#include "core/sfu.hpp"
#include "net/udp.hpp"

namespace sfu::bench {

class WorkerLoop : public Loop {
 public:
  static constexpr uint32_t kSocket = 1;

  WorkerLoop();

  const Address& local() const override { return socket_.local(); }
  void take_turn() override { turn(0ms); }
  // The same, but waits for something to do, as the host's loop does.
  void wait(Duration longest);

  // CHECKs that the answer is no error.
  template <class Request>
  auto ask(const Request& request) {
    Turn turn = begin();
    auto answer = sfu_.handle(request, turn);
    flush(turn);
    CHECK(static_cast<bool>(answer));
    return *answer;
  }
  uint32_t new_handle() { return ++last_handle_; }
  uint32_t router() const { return router_; }
  const net::UdpSocket::Counts& counts() const { return socket_.counts(); }
  uint64_t turns() const { return turns_; }  // in which something was there to do

  // What the pacer let a transport send in a turn, from watch() on.
  struct Allowance {
    Time at{};
    int64_t bytes = 0;
  };
  void watch(uint32_t transport) { watched_.push_back({transport, {}}); }
  const std::vector<Allowance>& allowances(uint32_t transport) const;

 private:
  struct Watched {
    uint32_t transport;
    std::vector<Allowance> allowances;
  };
  void turn(Duration longest);
  Turn begin();
  void flush(Turn& turn);
  void note_allowances(Time now);
  void send(Outbox& outbox);

  Poll poll_;
  Sfu sfu_;
  net::ReadSlots slots_{sfu_.packets()};
  net::UdpSocket socket_;
  Outbox outbox_;
  std::vector<channel::Event> events_;
  Drops drops_;
  std::vector<Datagram> batch_;
  std::vector<Watched> watched_;
  uint64_t turns_ = 0;
  uint32_t last_handle_ = 0;
  uint32_t router_;
};

}  // namespace sfu::bench
