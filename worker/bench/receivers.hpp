// The clients' end: counts the RTP datagrams that come to many sockets, and keeps the last one of each. They
// are read by whoever asks (an idle client: its work is not in the way of the loop that sends to it), or by a
// thread that waits for them (a live one).
#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "bench/loopback.hpp"

namespace sfu::bench {

class Receivers {
 public:
  explicit Receivers(size_t count);
  ~Receivers() { set_live(false); }

  size_t size() const { return sockets_.size(); }
  const LoopbackSocket& socket(size_t receiver) const { return sockets_[receiver].socket; }
  void set_live(bool live);

  // Whether `total` datagrams have come since the start; gives those under way a moment.
  bool have(uint64_t total);
  uint64_t count() const { return count_.load(std::memory_order_acquire); }
  // Unchanging only while nothing is under way.
  Bytes last(size_t receiver) const { return Bytes(sockets_[receiver].last).first(sockets_[receiver].size); }

 private:
  struct Receiver {
    LoopbackSocket socket{};
    std::array<uint8_t, 1600> last{};
    size_t size = 0;
  };
  void read(Receiver& receiver);
  void read_as_they_come();

  std::vector<Receiver> sockets_;
  Poll poll_;
  std::atomic<uint64_t> count_{0};
  std::atomic<bool> live_{false};
  std::optional<std::thread> reader_;
};

}  // namespace sfu::bench
