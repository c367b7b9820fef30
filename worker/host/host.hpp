// The one loop around the core: sockets, the channel and the clock. It runs as a process (process.cpp) and on
// a thread inside Node (addon.cpp); both give it one end of a stream socket as the channel.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/channel/frames.hpp"
#include "core/sfu.hpp"
#include "host/listeners.hpp"

namespace sfu::host {

class Host {
 public:
  // `channel` is a connected stream socket or duplex pipe; the host closes it.
  explicit Host(int channel);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Until the other side closes the channel. 0: it did; 1: the channel broke.
  int run();

  // ---- the controller's requests to the host itself
  Result<channel::Listening> handle(const channel::Listen& request, Turn& turn);
  Result<channel::Done> handle(const channel::Unlisten& request, Turn& turn);
  Result<channel::ResourceUsage> handle(const channel::GetResourceUsage& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetLogLevel& request, Turn& turn);

 private:
  // Requests are left unread while so much waits to be written: the pipe pushes back.
  static constexpr size_t kMaxUnwritten = 1 << 20;
  static constexpr size_t kMaxBatch = 256;

  void wait(Time now);
  void read_socket(uint32_t socket, Turn& turn);
  void read_channel(Turn& turn);
  void answer(Bytes frame, Turn& turn);
  void flush(Turn& turn);
  void send(Outbox& outbox);
  void write_events(Turn& turn);
  void write_channel();
  void watch_channel();
  void watch_backlog(uint32_t socket);

  int channel_;
  int poll_;
  bool open_ = true;
  bool broken_ = false;
  uint32_t channel_watched_ = 0;
  channel::FrameReader frames_;
  std::vector<uint8_t> unwritten_;
  size_t written_ = 0;

  Sfu sfu_;
  Listeners listeners_;
  Outbox outbox_;
  std::vector<channel::Event> events_;
  Drops drops_;
  std::vector<Datagram> batch_;
  channel::LogLevel log_level_ = channel::LogLevel::kError;
};

// Nanoseconds of CLOCK_MONOTONIC as the core's time.
Time now();

}  // namespace sfu::host
