// ICE over TCP (RFC 6544): a listener for passive candidates, and the connections that clients make to it,
// on which each datagram is a frame (RFC 4571). A connection's datagrams are like a UDP socket's: whole or
// not there at all.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/outbox.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/router/datagram.hpp"
#include "net/fd.hpp"
#include "net/framing.hpp"

namespace sfu::net {

class TcpConnection {
 public:
  struct Counts {
    uint64_t sent = 0;  // datagrams, those that wait included
    uint64_t calls = 0;
    uint64_t overflowed = 0;  // datagrams dropped because the backlog was full
  };
  static constexpr size_t kReadBatch = 64;
  // A second of video at 8 Mbit/s: what waits longer is better lost, and sent again if it is still wanted.
  static constexpr size_t kMaxBacklogBytes = 1 << 20;

  TcpConnection(Fd fd, const Path& path);

  int fd() const { return fd_.get(); }
  const Path& path() const { return path_; }
  const Counts& counts() const { return counts_; }
  // False once the remote closed it, it failed, or its framing broke: nothing comes or goes any more.
  bool open() const { return open_; }

  // Reads once into `room`. What came is for unframe(), before anything else is read.
  Bytes read(MutableBytes room);
  // Appends the datagrams at the front of `stream`, up to kReadBatch of them, and takes their bytes off it.
  // Call it until `stream` is empty.
  void unframe(Bytes& stream, rtp::PacketPool& pool, Time now, std::vector<Datagram>& into);
  // Sends `runs` of `outbox`, all of them for this connection; what the kernel does not take waits.
  void send(const Outbox& outbox, std::span<const Outbox::Run> runs);
  // Frames wait for the connection to be writable; then call send_backlog().
  bool has_backlog() const { return open_ && backlog_.size() > backlog_sent_; }
  void send_backlog();

 private:
  size_t send_some(std::span<const Bytes> datagrams);
  void keep(Bytes datagram, size_t sent);

  Fd fd_;
  Path path_;
  Deframer deframer_;
  bool open_ = true;
  std::vector<uint8_t> backlog_;  // frames, the first of them perhaps half sent
  size_t backlog_sent_ = 0;
  Counts counts_;
};

class TcpListener {
 public:
  struct Options {
    bool ipv6_only = false;
    bool reuse_port = false;
    int send_buffer = 0;  // bytes, of each connection; 0: as the kernel sees fit
    int receive_buffer = 0;
  };

  // When it fails, errno is what the system said.
  static Result<TcpListener> open(const Address& local, const Options& options);

  int fd() const { return fd_.get(); }
  const Address& local() const { return local_; }

  // A connection that waits for us, if any does; it gets the number `connection`, and `listener` is ours.
  std::optional<TcpConnection> accept(uint32_t listener, uint32_t connection);
  // One waits, but the system had no descriptor or memory for it at the last accept().
  bool exhausted() const { return exhausted_; }

 private:
  TcpListener(Fd fd, const Address& local) : fd_(std::move(fd)), local_(local) {}

  Fd fd_;
  Address local_;
  bool exhausted_ = false;
};

}  // namespace sfu::net
