#include "bench/loopback.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.hpp"
#include "net/socket_address.hpp"

namespace sfu::bench {
namespace {

constexpr int kWantedBuffer = 4 << 20;

}  // namespace

LoopbackSocket::LoopbackSocket() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  CHECK(fd_ >= 0);
  net::SocketAddress address = net::to_socket_address(Address::v4(127, 0, 0, 1, 0), AF_INET);
  CHECK(bind(fd_, address.get(), address.size) == 0);
  for (const int option : {SO_SNDBUF, SO_RCVBUF})
    CHECK(setsockopt(fd_, SOL_SOCKET, option, &kWantedBuffer, sizeof kWantedBuffer) == 0);
  CHECK(getsockname(fd_, address.get(), &address.size) == 0);
  local_ = net::to_address(address.storage);
}

LoopbackSocket::~LoopbackSocket() {
  if (fd_ >= 0) close(fd_);
}

void LoopbackSocket::send(const Address& to, Bytes datagram) const {
  net::SocketAddress remote = net::to_socket_address(to, AF_INET);
  const ssize_t size = sendto(fd_, datagram.data(), datagram.size(), 0, remote.get(), remote.size);
  CHECK(size == static_cast<ssize_t>(datagram.size()));
}

size_t LoopbackSocket::receive(MutableBytes into) const {
  const ssize_t size = recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
  return size < 0 ? 0 : static_cast<size_t>(size);
}

Poll::Poll() : fd_(epoll_create1(EPOLL_CLOEXEC)) { CHECK(fd_ >= 0); }
Poll::~Poll() { close(fd_); }

void Poll::watch(int fd, size_t number) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
  CHECK(epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

size_t Poll::wait(int milliseconds) {
  std::array<epoll_event, kMaxReady> events;
  const int count = epoll_wait(fd_, events.data(), kMaxReady, milliseconds);
  for (int i = 0; i < count; ++i) ready_[static_cast<size_t>(i)] = events[static_cast<size_t>(i)].data.u64;
  return count > 0 ? static_cast<size_t>(count) : 0;
}

}  // namespace sfu::bench
