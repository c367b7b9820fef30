// The one loop around the core: sockets, the channel and the clock. It runs as a process (process.cpp) and on
// a thread inside Node (addon.cpp); both give it one end of a stream socket as the channel.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/channel/frames.hpp"
#include "core/sfu.hpp"
#include "host/connections.hpp"
#include "host/listeners.hpp"
#include "net/fd.hpp"

namespace sfu::host {

class Host {
 public:
  // `channel` is a connected stream socket; the host closes it.
  explicit Host(int channel);
  virtual ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Until the other side closes the channel. 0: it did; 1: the channel broke.
  int run();

  // ---- the controller's requests to the host itself
  Result<channel::Listening> handle(const channel::Listen& request, Turn& turn);
  Result<channel::Done> handle(const channel::Unlisten& request, Turn& turn);
  Result<channel::ResourceUsage> handle(const channel::GetResourceUsage& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetLogLevel& request, Turn& turn);

 protected:
  // What a program adds that is more than a worker (worker/load): requests of its own, what it does at its
  // own times, and events that are for itself.
  virtual std::optional<channel::Reply> answer_more(const channel::Request&, Turn&) { return std::nullopt; }
  virtual Time own_deadline() const { return kNever; }
  virtual void act(Turn&) {}
  virtual void take_own(std::vector<channel::Event>&) {}
  Sfu& sfu() { return sfu_; }

 private:
  // Requests are left unread while so much waits to be written: the pipe pushes back.
  static constexpr size_t kMaxUnwritten = 1 << 20;
  // A controller that leaves so much unread gets no packets and messages of direct transports any more.
  static constexpr size_t kFarBehind = 16 << 20;
  static constexpr size_t kMaxBatch = 256;
  static constexpr size_t kAcceptBatch = 64;
  static constexpr Duration kTendInterval = 1s;

  void wait(Time now);
  void act_if_due(Turn& turn);

  // ---- the channel
  void read_channel(Turn& turn);
  void answer(Bytes frame, Turn& turn);
  void write_events(Turn& turn);
  void write_channel();
  void watch_channel();

  // ---- sockets (host_sockets.cpp)
  void on_ready(uint32_t number, uint32_t events, Turn& turn);
  void read_socket(uint32_t number, net::UdpSocket& socket, Turn& turn);
  void read_connection(net::TcpConnection& connection, Turn& turn);
  void accept(uint32_t number, net::TcpListener& listener, Turn& turn);
  void rest(uint32_t number, const net::TcpListener& listener, Time now);
  bool put_out_a_stranger(uint32_t listener, Turn& turn);
  void flush(Turn& turn);
  void send(Outbox& outbox);
  void tend_connections(Turn& turn);
  void end_broken(Turn& turn);
  void end(uint32_t connection, Turn& turn);
  uint32_t new_number();
  bool watch_new(uint32_t number, int fd);
  void watch(uint32_t number, int fd, uint32_t events);
  template <class Watched, class Socket>
  void watch_backlog(uint32_t number, Watched& watched, Socket& socket);

  // First, and so closed last: the controller takes its end for a sign that all else is gone.
  net::Fd channel_;
  net::Fd poll_;
  bool open_ = true;
  bool broken_ = false;
  uint32_t channel_watched_ = 0;
  channel::FrameReader frames_;
  std::vector<uint8_t> unwritten_;
  size_t written_ = 0;

  Sfu sfu_;
  net::ReadSlots slots_{sfu_.packets()};
  Listeners listeners_;
  Connections connections_;
  uint32_t last_number_ = 0;          // of sockets and connections alike
  std::vector<uint32_t> broken_tcp_;  // connections that are no longer open
  std::vector<uint32_t> resting_;     // TCP listeners that wait for descriptors
  Time tend_at_ = kNever;
  Outbox outbox_;
  std::vector<channel::Event> events_;
  Drops drops_;
  std::vector<Datagram> batch_;
  channel::LogLevel log_level_ = channel::LogLevel::kError;
};

// Nanoseconds of CLOCK_MONOTONIC as the core's time.
Time now();

}  // namespace sfu::host
