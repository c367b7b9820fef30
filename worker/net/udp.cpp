#include "net/udp.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/bound_socket.hpp"
#include "net/socket_address.hpp"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace sfu::net {
namespace {

constexpr size_t kSendBatch = 64;
constexpr size_t kMaxUnsegmentedRemotes = 4096;
constexpr int kWantedBuffer = 4 << 20;

void set_buffers(const Fd& fd, const UdpSocket::Options& options) {
  set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer > 0 ? options.send_buffer : kWantedBuffer);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer > 0 ? options.receive_buffer : kWantedBuffer);
}

// IP_PMTUDISC_PROBE sets DF and saves the kernel the IP identification (4–6 % of a send).
void set_discovery(const Fd& fd, int family) {
  set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  if (family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

// The kernel's arrival time of one message on the core's timeline; `lag` is that timeline minus the wall
// clock's.
Time arrival_of(msghdr& header, Time now, Duration lag) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp;
    std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
    const Duration wall = std::chrono::duration_cast<Duration>(std::chrono::seconds(stamp.tv_sec) +
                                                               std::chrono::nanoseconds(stamp.tv_nsec));
    return std::clamp(Time(wall + lag), now - 1s, now);
  }
  return now;
}

Duration wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                              std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

SendCalls SendCalls::system() {
  return {.send_many = [](int fd, mmsghdr* messages, unsigned count,
                          int flags) { return ::sendmmsg(fd, messages, count, flags); },
          .send_one = [](int fd, const msghdr* message, int flags) { return ::sendmsg(fd, message, flags); }};
}

Result<UdpSocket> UdpSocket::open(const Address& local, const Options& options) {
  auto fd = open_bound(local, {SOCK_DGRAM, options.ipv6_only, options.reuse_port});
  if (!fd) return fd.error();
  const int family = local.v6 ? AF_INET6 : AF_INET;
  set_buffers(*fd, options);
  set_discovery(*fd, family);
  set_option(*fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  const Address bound = bound_address(*fd);
  return UdpSocket(std::move(*fd), bound, family, options);
}

UdpSocket::UdpSocket(Fd fd, const Address& local, int family, const Options& options)
    : fd_(std::move(fd)), family_(family), local_(local), calls_(options.calls) {
  const int probe = 0;
  segments_ = setsockopt(fd_.get(), IPPROTO_UDP, UDP_SEGMENT, &probe, sizeof probe) == 0;
}

bool UdpSocket::receive(uint32_t socket, ReadSlots& read, Time now, std::vector<Datagram>& into) {
  std::array<mmsghdr, kReadBatch> headers{};
  std::array<iovec, kReadBatch> vectors;
  std::array<sockaddr_storage, kReadBatch> remotes;
  alignas(cmsghdr) std::array<std::array<char, CMSG_SPACE(sizeof(timespec))>, kReadBatch> controls;
  std::vector<rtp::PacketRef>& slots = read.slots;
  while (slots.size() < kReadBatch) slots.push_back(read.pool.take());
  for (size_t i = 0; i < kReadBatch; ++i) {
    vectors[i] = {slots[i]->bytes.data(), slots[i]->bytes.size()};
    headers[i].msg_hdr = {
        &remotes[i], sizeof remotes[i], &vectors[i], 1, controls[i].data(), controls[i].size(), 0};
  }
  const int count = ::recvmmsg(fd(), headers.data(), kReadBatch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return count < 0 && errno != EAGAIN;  // an asynchronous error of an earlier send: read on
  const Duration lag = now.time_since_epoch() - wall_clock();
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    rtp::PacketRef packet = std::exchange(slots[i], read.pool.take());
    const bool whole = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
    packet->size = whole ? static_cast<uint16_t>(headers[i].msg_len) : 0;
    packet->arrival = arrival_of(headers[i].msg_hdr, now, lag);
    into.push_back({{socket, Protocol::kUdp, to_address(remotes[i])}, std::move(packet)});
  }
  return static_cast<size_t>(count) == kReadBatch;
}

bool UdpSocket::may_segment(const Address& remote) const {
  return segments_ && (unsegmented_.empty() || !unsegmented_.contains(Path{0, Protocol::kUdp, remote}));
}

void UdpSocket::split(const Message& message) {
  for (size_t at = 0; at < message.bytes.size(); at += message.segment) {
    const size_t size = std::min<size_t>(message.segment, message.bytes.size() - at);
    messages_.push_back({message.remote, message.bytes.subspan(at, size), static_cast<uint16_t>(size), 1});
  }
}

void UdpSocket::queue(const Address& remote, Bytes bytes, uint16_t segment, uint16_t count) {
  const Message message{remote, bytes, segment, count};
  if (count > 1 && !may_segment(remote))
    split(message);
  else
    messages_.push_back(message);
}

void UdpSocket::send(const Outbox& outbox, std::span<const Outbox::Run> runs) {
  messages_.clear();
  for (const Outbox::Run& run : runs) queue(run.path.remote, outbox.bytes(run), run.segment, run.count);
  if (has_backlog())
    keep(messages_);
  else
    send_batch(messages_);
}

void UdpSocket::send_backlog() {
  std::deque<Waiting> waiting;
  std::swap(waiting, backlog_);
  backlog_bytes_ = 0;
  messages_.clear();
  for (const Waiting& w : waiting) queue(w.remote, w.bytes, w.segment, w.count);
  send_batch(messages_);
}

UdpSocket::Sent UdpSocket::send_batch(std::span<const Message> batch) {
  while (!batch.empty()) {
    int error = 0;
    const size_t sent = send_some(batch.first(std::min(batch.size(), kSendBatch)), error);
    for (const Message& message : batch.first(sent)) counts_.sent += message.count;
    counts_.messages += sent;
    batch = batch.subspan(sent);
    if (error == 0 || error == EINTR) continue;
    if (error == EAGAIN) {
      keep(batch);
      keep(std::exchange(retry_, {}));
      return Sent::kWouldBlock;
    }
    if (error == ENOSYS && many_) {
      many_ = false;
      continue;
    }
    refuse(batch.front(), error);
    batch = batch.subspan(1);
  }
  if (retry_.empty()) return Sent::kAll;
  // Runs that were refused as a whole: their datagrams, one by one.
  messages_.clear();
  for (const Message& message : std::exchange(retry_, {})) split(message);
  const std::vector<Message> singles = std::exchange(messages_, {});
  return send_batch(singles);
}

// Hands the batch to the kernel; how many messages it took, and why it took no more.
size_t UdpSocket::send_some(std::span<const Message> batch, int& error) {
  std::array<mmsghdr, kSendBatch> headers{};
  std::array<iovec, kSendBatch> vectors;
  std::array<SocketAddress, kSendBatch> remotes;
  alignas(cmsghdr) std::array<std::array<char, CMSG_SPACE(sizeof(uint16_t))>, kSendBatch> controls;
  for (size_t i = 0; i < batch.size(); ++i) {
    const Message& message = batch[i];
    remotes[i] = to_socket_address(message.remote, family_);
    vectors[i] = {const_cast<uint8_t*>(message.bytes.data()), message.bytes.size()};
    msghdr& header = headers[i].msg_hdr;
    header = {remotes[i].get(), remotes[i].size, &vectors[i], 1, nullptr, 0, 0};
    if (message.count == 1) continue;  // UDP_SEGMENT on a single datagram costs 3–23 %
    header.msg_control = controls[i].data();
    header.msg_controllen = controls[i].size();
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    std::memcpy(CMSG_DATA(control), &message.segment, sizeof(uint16_t));
  }
  ++counts_.calls;
  if (!many_) {
    const ssize_t size = calls_.send_one(fd(), &headers[0].msg_hdr, MSG_DONTWAIT);
    error = size < 0 ? errno : 0;
    return size < 0 ? 0 : 1;
  }
  const int sent = calls_.send_many(fd(), headers.data(), static_cast<unsigned>(batch.size()), MSG_DONTWAIT);
  error = sent < 0 ? errno : 0;
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

void UdpSocket::refuse(const Message& message, int error) {
  if (message.count == 1) {
    ++counts_.refused;
    return;
  }
  // EIO: the device cannot segment at all. EMSGSIZE, EINVAL: this route cannot, at this size. What else may
  // be wrong passes, and is no reason to do without runs.
  if (error == EIO) segments_ = false;
  if (error == EMSGSIZE || error == EINVAL) {
    if (unsegmented_.size() >= kMaxUnsegmentedRemotes) unsegmented_.clear();
    unsegmented_[Path{0, Protocol::kUdp, message.remote}] = true;
  }
  retry_.push_back(message);
}

void UdpSocket::keep(std::span<const Message> rest) {
  for (const Message& message : rest) {
    if (backlog_bytes_ + message.bytes.size() > kMaxBacklogBytes) {
      counts_.overflowed += message.count;
      continue;
    }
    backlog_bytes_ += message.bytes.size();
    backlog_.push_back(
        {message.remote, {message.bytes.begin(), message.bytes.end()}, message.segment, message.count});
  }
}

}  // namespace sfu::net
