// Plain sockets on loopback: the clients', and those of the loops that the worker is compared with.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"
#include "core/base/time.hpp"

namespace sfu::bench {

// A UDP socket on a free port of 127.0.0.1.
class LoopbackSocket {
 public:
  LoopbackSocket();
  LoopbackSocket(LoopbackSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), local_(other.local_) {}
  ~LoopbackSocket();

  int fd() const { return fd_; }
  const Address& local() const { return local_; }
  void send(const Address& to, Bytes datagram) const;
  // In one system call, so that they come together.
  void send(const Address& to, std::span<const Bytes> datagrams) const;
  // The size of a datagram that was there, or 0.
  size_t receive(MutableBytes into) const;
  // Also when the kernel had it, on host::now()'s timeline.
  size_t receive(MutableBytes into, Time& arrived) const;
  // What the second receive() needs.
  void stamp_arrivals() const;

 private:
  int fd_;
  Address local_;
};

// Tells which of many sockets can be read, as a host's loop asks.
class Poll {
 public:
  Poll();
  ~Poll();
  Poll(const Poll&) = delete;

  void watch(int fd, size_t number);
  // Visits the numbers of those that are readable; waits so long for the first.
  template <class Visit>
  void each_ready(int milliseconds, Visit&& visit) {
    const size_t count = wait(milliseconds);
    for (size_t i = 0; i < count; ++i) visit(ready_[i]);
  }

 private:
  static constexpr size_t kMaxReady = 64;
  size_t wait(int milliseconds);

  int fd_;
  std::array<size_t, kMaxReady> ready_;
};

}  // namespace sfu::bench
