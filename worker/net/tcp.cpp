#include "net/tcp.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/bound_socket.hpp"
#include "net/socket_address.hpp"

namespace sfu::net {
namespace {

constexpr size_t kSendBatch = 64;
constexpr int kListenBacklog = 1024;
// What the kernel holds that was not sent yet cannot be dropped any more: it is to be little.
constexpr int kMaxUnsent = 128 << 10;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

// ---- a connection

TcpConnection::TcpConnection(Fd fd, const Path& path) : fd_(std::move(fd)), path_(path) {
  set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kMaxUnsent);
}

Bytes TcpConnection::read(MutableBytes room) {
  const ssize_t size = ::recv(fd(), room.data(), room.size(), MSG_DONTWAIT);
  if (size > 0) return room.first(static_cast<size_t>(size));
  if (size == 0 || !would_block(errno)) open_ = false;
  return {};
}

void TcpConnection::unframe(Bytes& stream, rtp::PacketPool& pool, Time now, std::vector<Datagram>& into) {
  for (size_t count = 0; count < kReadBatch; ++count) {
    const auto frame = deframer_.next(stream);
    if (!frame) break;
    rtp::PacketRef packet = pool.take();
    std::memcpy(packet->bytes.data(), frame->data(), frame->size());
    packet->size = static_cast<uint16_t>(frame->size());
    packet->arrival = now;
    into.push_back({path_, std::move(packet)});
  }
  if (deframer_.broken()) open_ = false;
}

void TcpConnection::send(const Outbox& outbox, std::span<const Outbox::Run> runs) {
  std::array<Bytes, kSendBatch> datagrams;
  while (open_ && !runs.empty()) {
    const size_t count = std::min(runs.size(), kSendBatch);
    for (size_t i = 0; i < count; ++i) {
      CHECK(runs[i].count == 1);  // the outbox joins UDP datagrams only
      datagrams[i] = outbox.bytes(runs[i]);
    }
    runs = runs.subspan(count);
    counts_.sent += count;
    const auto batch = std::span(datagrams).first(count);
    size_t sent = has_backlog() ? 0 : send_some(batch);
    for (const Bytes datagram : batch) {
      const size_t size = kFrameHead + datagram.size();
      const size_t gone = std::min(sent, size);
      sent -= gone;
      if (gone < size) keep(datagram, gone);
    }
  }
}

// Hands the datagrams to the kernel, each behind its length; how many bytes of all that it took.
size_t TcpConnection::send_some(std::span<const Bytes> datagrams) {
  std::array<std::array<uint8_t, kFrameHead>, kSendBatch> heads;
  std::array<iovec, 2 * kSendBatch> vectors;
  for (size_t i = 0; i < datagrams.size(); ++i) {
    store16(heads[i].data(), static_cast<uint16_t>(datagrams[i].size()));
    vectors[2 * i] = {heads[i].data(), kFrameHead};
    vectors[2 * i + 1] = {const_cast<uint8_t*>(datagrams[i].data()), datagrams[i].size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = 2 * datagrams.size();
  ++counts_.calls;
  const ssize_t sent = ::sendmsg(fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && !would_block(errno)) open_ = false;
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

// Keeps what is left of a frame of which `sent` bytes have gone. One that has begun must be ended.
void TcpConnection::keep(Bytes datagram, size_t sent) {
  const size_t size = kFrameHead + datagram.size();
  if (sent == 0 && backlog_.size() - backlog_sent_ + size > kMaxBacklogBytes) {
    ++counts_.overflowed;
    --counts_.sent;
    return;
  }
  std::array<uint8_t, kFrameHead> head;
  store16(head.data(), static_cast<uint16_t>(datagram.size()));
  const Bytes head_left = Bytes(head).subspan(std::min(sent, kFrameHead));
  const Bytes left = datagram.subspan(sent - std::min(sent, kFrameHead));
  backlog_.insert(backlog_.end(), head_left.begin(), head_left.end());
  backlog_.insert(backlog_.end(), left.begin(), left.end());
}

void TcpConnection::send_backlog() {
  while (open_ && has_backlog()) {
    const Bytes left = Bytes(backlog_).subspan(backlog_sent_);
    ++counts_.calls;
    const ssize_t sent = ::send(fd(), left.data(), left.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && !would_block(errno)) open_ = false;
    if (sent < 0) break;
    backlog_sent_ += static_cast<size_t>(sent);
  }
  if (!has_backlog()) {
    backlog_ = {};  // a connection that keeps up holds no memory
    backlog_sent_ = 0;
  } else if (backlog_sent_ * 2 >= backlog_.size()) {
    backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<ptrdiff_t>(backlog_sent_));
    backlog_sent_ = 0;
  }
}

// ---- the listener

Result<TcpListener> TcpListener::open(const Address& local, const Options& options) {
  auto fd = open_bound(local, {SOCK_STREAM, options.ipv6_only, options.reuse_port});
  if (!fd) return fd.error();
  // Before listen(), so that connections inherit them and offer the window that goes with them.
  if (options.send_buffer > 0) set_option(*fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  if (options.receive_buffer > 0) set_option(*fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  if (::listen(fd->get(), kListenBacklog) != 0) return socket_error("listen on TCP", local);
  const Address bound = bound_address(*fd);
  return TcpListener(std::move(*fd), bound);
}

std::optional<TcpConnection> TcpListener::accept(uint32_t listener, uint32_t connection) {
  SocketAddress remote;
  Fd accepted(::accept4(fd(), remote.get(), &remote.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  exhausted_ =
      accepted.get() < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
  if (accepted.get() < 0) return std::nullopt;
  const Path path{connection, Protocol::kTcp, to_address(remote.storage), listener};
  return TcpConnection(std::move(accepted), path);
}

}  // namespace sfu::net
