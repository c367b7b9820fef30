// One unconnected UDP socket, shared by all transports that listen on its address. Reads in batches
// (recvmmsg) straight into pool slots; writes an outbox's runs in batches (sendmmsg), a run of several
// datagrams as one message with UDP_SEGMENT. What the kernel or the route refuses is tried more simply, at
// run time: run → its datagrams one by one; sendmmsg → sendmsg. Only the message that fails is lost.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "core/base/flat_map.hpp"
#include "core/base/outbox.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/router/datagram.hpp"
#include "net/fd.hpp"

struct mmsghdr;

namespace sfu::net {

// The system calls that send; tests put refusing ones in their place.
struct SendCalls {
  int (*send_many)(int fd, mmsghdr* messages, unsigned count, int flags);
  ssize_t (*send_one)(int fd, const msghdr* message, int flags);
  static SendCalls system();
};

// Pool slots ready to be read into: one set serves all sockets of a loop, so that a socket that is idle holds
// none. The pool outlives it.
struct ReadSlots {
  explicit ReadSlots(rtp::PacketPool& from) : pool(from) {}
  rtp::PacketPool& pool;
  std::vector<rtp::PacketRef> slots;
};

class UdpSocket {
 public:
  struct Options {
    bool ipv6_only = false;
    bool reuse_port = false;
    int send_buffer = 0;  // bytes; 0: as large as may be had, up to 4 MB
    int receive_buffer = 0;
    SendCalls calls = SendCalls::system();
  };
  struct Counts {
    uint64_t sent = 0;      // datagrams
    uint64_t messages = 0;  // of sendmmsg
    uint64_t calls = 0;
    uint64_t refused = 0;     // datagrams that the kernel would not take
    uint64_t overflowed = 0;  // datagrams dropped because the backlog was full
  };
  static constexpr size_t kReadBatch = 64;
  static constexpr size_t kMaxBacklogBytes = 4 << 20;

  // When it fails, errno is what the system said.
  static Result<UdpSocket> open(const Address& local, const Options& options);

  int fd() const { return fd_.get(); }
  const Address& local() const { return local_; }
  const Counts& counts() const { return counts_; }
  bool uses_segments() const { return segments_; }

  // Appends up to kReadBatch datagrams that are there; false when there were none left to read.
  bool receive(uint32_t socket, ReadSlots& read, Time now, std::vector<Datagram>& into);
  // Sends `runs` of `outbox`, all of them for this socket.
  void send(const Outbox& outbox, std::span<const Outbox::Run> runs);
  // Datagrams wait for the socket to be writable; then call send_backlog().
  bool has_backlog() const { return !backlog_.empty(); }
  void send_backlog();

 private:
  struct Message {
    Address remote;
    Bytes bytes;
    uint16_t segment = 0;
    uint16_t count = 0;
  };
  struct Waiting {
    Address remote;
    std::vector<uint8_t> bytes;
    uint16_t segment = 0;
    uint16_t count = 0;
  };
  enum class Sent { kAll, kWouldBlock };

  UdpSocket(Fd fd, const Address& local, int family, const Options& options);
  void queue(const Address& remote, Bytes bytes, uint16_t segment, uint16_t count);
  void split(const Message& message);
  Sent send_batch(std::span<const Message> batch);
  size_t send_some(std::span<const Message> batch, int& error);
  void refuse(const Message& message, int error);
  void keep(std::span<const Message> rest);
  bool may_segment(const Address& remote) const;

  Fd fd_;
  int family_ = AF_INET;
  Address local_;
  SendCalls calls_;
  bool segments_ = true;
  bool many_ = true;
  FlatMap<Path, bool, PathHash> unsegmented_;  // remotes whose route refused a run
  std::vector<Message> messages_;
  std::vector<Message> retry_;
  std::deque<Waiting> backlog_;
  size_t backlog_bytes_ = 0;
  Counts counts_;
};

}  // namespace sfu::net
