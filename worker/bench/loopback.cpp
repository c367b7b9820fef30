#include "bench/loopback.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "core/base/check.hpp"
#include "host/host.hpp"
#include "net/socket_address.hpp"

namespace sfu::bench {
namespace {

constexpr int kWantedBuffer = 4 << 20;
constexpr size_t kTogether = 64;

// The kernel's stamps are on the wall clock: how long ago they are is the same on both.
Duration age(const timespec& stamp) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec - stamp.tv_sec) +
                                              std::chrono::nanoseconds(now.tv_nsec - stamp.tv_nsec));
}

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

void LoopbackSocket::send(const Address& to, std::span<const Bytes> datagrams) const {
  net::SocketAddress remote = net::to_socket_address(to, AF_INET);
  while (!datagrams.empty()) {
    const size_t count = std::min(datagrams.size(), kTogether);
    std::array<mmsghdr, kTogether> messages{};
    std::array<iovec, kTogether> vectors;
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<uint8_t*>(datagrams[i].data()), datagrams[i].size()};
      messages[i].msg_hdr = {remote.get(), remote.size, &vectors[i], 1, nullptr, 0, 0};
    }
    CHECK(sendmmsg(fd_, messages.data(), static_cast<unsigned>(count), 0) == static_cast<int>(count));
    datagrams = datagrams.subspan(count);
  }
}

void LoopbackSocket::stamp_arrivals() const {
  const int on = 1;
  CHECK(setsockopt(fd_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
}

size_t LoopbackSocket::receive(MutableBytes into, Time& arrived) const {
  iovec vector{into.data(), into.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
  msghdr message{nullptr, 0, &vector, 1, control.data(), control.size(), 0};
  const ssize_t size = recvmsg(fd_, &message, MSG_DONTWAIT);
  if (size < 0) return 0;
  const cmsghdr* stamp = CMSG_FIRSTHDR(&message);
  CHECK(stamp && stamp->cmsg_type == SCM_TIMESTAMPNS);
  timespec at{};
  std::memcpy(&at, CMSG_DATA(stamp), sizeof at);
  arrived = host::now() - age(at);
  return static_cast<size_t>(size);
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
