// UdpSocket on loopback, with the kernel's sending calls or with some that refuse.
#include "net/udp.hpp"

#include <doctest/doctest.h>
#include <netinet/udp.h>
#include <poll.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include "net/socket_address.hpp"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace sfu::net {
namespace {

constexpr Time kNow{Duration(1h)};
constexpr uint32_t kNumber = 7;

Address v4(uint16_t port = 0) { return Address::v4(127, 0, 0, 1, port); }
Address v6() { return *Address::parse("::1", 0); }

UdpSocket open(const Address& local, const UdpSocket::Options& options = {}) {
  auto socket = UdpSocket::open(local, options);
  REQUIRE(static_cast<bool>(socket));
  return std::move(*socket);
}

std::string text(size_t size, char letter) { return std::string(size, letter); }
std::string text_of(const rtp::Packet& packet) { return std::string(as_text(packet.data())); }

// Outbox and socket as a host holds them.
struct Sender {
  explicit Sender(UdpSocket opened) : socket(std::move(opened)) {}
  explicit Sender(const SendCalls& calls) : socket(open(v4(), {.calls = calls})) {}

  void queue(const Address& to, const std::string& datagram) {
    outbox.send({kNumber, Protocol::kUdp, to}, as_bytes(datagram));
  }
  void send() {
    socket.send(outbox, outbox.runs());
    outbox.clear();
  }
  void send(const Address& to, const std::string& datagram) {
    queue(to, datagram);
    send();
  }

  UdpSocket socket;
  Outbox outbox;
};

struct Receiver {
  explicit Receiver(const Address& local, const UdpSocket::Options& options = {})
      : socket(open(local, options)) {}

  // Until so many have come; fewer when none comes for long.
  std::vector<Datagram> receive(size_t count, Time now = kNow) {
    std::vector<Datagram> all;
    for (pollfd ready{socket.fd(), POLLIN, 0}; all.size() < count && poll(&ready, 1, 5000) == 1;)
      socket.receive(kNumber, slots, now, all);
    return all;
  }
  std::vector<std::string> texts(size_t count) {
    std::vector<std::string> out;
    for (const Datagram& datagram : receive(count)) out.push_back(text_of(*datagram.packet));
    return out;
  }

  rtp::PacketPool pool{128};
  ReadSlots slots{pool};
  UdpSocket socket;
};

// ---- a kernel of our own

struct Attempt {
  Address remote;
  std::string bytes;
  uint16_t segment = 0;  // 0: a single datagram
};

// What it does with each message: 0 takes it, else the error. Like the kernel's, its sendmmsg stops at the
// first that fails, and tells the error only when that is the first of the call.
struct Kernel {
  Kernel() { current = this; }
  ~Kernel() { current = nullptr; }

  std::function<int(const Attempt&)> verdict = [](const Attempt&) { return 0; };
  int many_error = 0;
  size_t most = 1000;            // messages that a call takes
  std::vector<Attempt> taken{};  // messages
  size_t many_calls = 0, single_calls = 0;

  std::vector<std::string> datagrams() const {
    std::vector<std::string> out;
    for (const Attempt& one : taken) {
      const size_t step = one.segment == 0 ? one.bytes.size() : one.segment;
      for (size_t at = 0; at < one.bytes.size(); at += step) out.push_back(one.bytes.substr(at, step));
    }
    return out;
  }
  size_t runs() const {
    return static_cast<size_t>(
        std::count_if(taken.begin(), taken.end(), [](auto& one) { return one.segment; }));
  }
  static SendCalls calls() {
    return {.send_many =
                [](int, mmsghdr* messages, unsigned count, int) {
                  return current->send_many({messages, count});
                },
            .send_one = [](int, const msghdr* message, int) { return current->send_one(*message); }};
  }

 private:
  int send_many(std::span<mmsghdr> messages) {
    ++many_calls;
    if (many_error != 0) return fail(many_error);
    int done = 0;
    for (const mmsghdr& message : messages.first(std::min(most, messages.size()))) {
      const int error = take(message.msg_hdr);
      if (error != 0 && done == 0) return fail(error);
      if (error != 0) break;
      ++done;
    }
    return done;
  }
  ssize_t send_one(const msghdr& message) {
    ++single_calls;
    const int error = take(message);
    return error != 0 ? fail(error) : static_cast<ssize_t>(message.msg_iov->iov_len);
  }
  int take(const msghdr& message) {
    Attempt one{to_address(*static_cast<const sockaddr_storage*>(message.msg_name)),
                {static_cast<const char*>(message.msg_iov->iov_base), message.msg_iov->iov_len}};
    const cmsghdr* control = CMSG_FIRSTHDR(&message);
    if (control && control->cmsg_type == UDP_SEGMENT)
      std::memcpy(&one.segment, CMSG_DATA(control), sizeof one.segment);
    const int error = verdict(one);
    if (error == 0) taken.push_back(one);
    return error;
  }
  static int fail(int error) {
    errno = error;
    return -1;
  }
  static inline Kernel* current = nullptr;
};

const std::vector<std::string> kThree = {text(100, 'a'), text(100, 'b'), text(60, 'c')};

void queue_three(Sender& sender, const Address& to) {
  for (const std::string& datagram : kThree) sender.queue(to, datagram);
}

auto refuse_runs(int error) {
  return [error](const Attempt& one) { return one.segment != 0 ? error : 0; };
}

}  // namespace

// ---- on loopback

TEST_CASE("a datagram over IPv4 comes with its sender's address") {
  Receiver receiver(v4());
  Sender sender(open(v4()));
  sender.send(receiver.socket.local(), "hello");
  const auto came = receiver.receive(1);
  REQUIRE(came.size() == 1);
  CHECK(text_of(*came[0].packet) == "hello");
  CHECK(came[0].path == Path{kNumber, Protocol::kUdp, sender.socket.local()});
  CHECK(sender.socket.counts().sent == 1);
}

TEST_CASE("a datagram over IPv6 comes with its sender's address") {
  Receiver receiver(v6());
  Sender sender(open(v6()));
  sender.send(receiver.socket.local(), "hello");
  const auto came = receiver.receive(1);
  REQUIRE(came.size() == 1);
  CHECK(text_of(*came[0].packet) == "hello");
  CHECK(came[0].path.remote == sender.socket.local());
  CHECK(came[0].path.remote.v6);
}

TEST_CASE("a socket of both families tells an IPv4 client from an IPv6 one, and answers both") {
  Receiver both(*Address::parse("::", 0));
  Receiver client(v4());
  Sender sender(std::move(client.socket));
  sender.send(v4(both.socket.local().port), "hello");
  const auto came = both.receive(1);
  REQUIRE(came.size() == 1);
  CHECK(came[0].path.remote == sender.socket.local());
  Sender answering(std::move(both.socket));
  answering.send(came[0].path.remote, "answer");
  client.socket = std::move(sender.socket);
  CHECK(client.texts(1) == std::vector<std::string>{"answer"});
}

TEST_CASE("with ipv6_only the port stays free for IPv4") {
  const UdpSocket six = open(*Address::parse("::", 0), {.ipv6_only = true});
  CHECK(static_cast<bool>(UdpSocket::open(Address::v4(0, 0, 0, 0, six.local().port), {})));
}

TEST_CASE("a port that is taken is refused, and the error names the address") {
  const UdpSocket first = open(v4());
  const auto second = UdpSocket::open(first.local(), {});
  REQUIRE(!second);
  CHECK(second.error().message.find(first.local().text()) != std::string::npos);
}

TEST_CASE("with reuse_port two sockets share a port") {
  const UdpSocket first = open(v4(), {.reuse_port = true});
  CHECK(static_cast<bool>(UdpSocket::open(first.local(), {.reuse_port = true})));
}

TEST_CASE("a run of datagrams arrives as its datagrams") {
  Receiver receiver(v4());
  Sender sender(open(v4()));
  REQUIRE(sender.socket.uses_segments());
  queue_three(sender, receiver.socket.local());
  sender.send();
  CHECK(receiver.texts(3) == kThree);
  CHECK(sender.socket.counts().sent == 3);
  CHECK(sender.socket.counts().messages == 1);
}

TEST_CASE("runs to several remotes leave in one call, each to its own") {
  Receiver one(v4()), two(v4());
  Sender sender(open(v4()));
  queue_three(sender, one.socket.local());
  queue_three(sender, two.socket.local());
  sender.queue(one.socket.local(), "more");
  sender.send();
  CHECK(two.texts(3) == kThree);
  CHECK(one.texts(4).back() == "more");
  CHECK(sender.socket.counts().calls == 1);
}

TEST_CASE("more messages than one call takes leave in several") {
  Receiver receiver(v4());
  Sender sender(open(v4()));
  std::vector<std::string> sent;
  for (size_t i = 0; i < 100; ++i) sent.push_back(text(i + 1, 'x'));  // growing: no two make a run
  for (const std::string& datagram : sent) sender.queue(receiver.socket.local(), datagram);
  sender.send();
  CHECK(receiver.texts(100) == sent);
  CHECK(sender.socket.counts().calls == 2);
}

TEST_CASE("receive() takes a batch, and says whether to read on") {
  Receiver receiver(v4());
  Sender sender(open(v4()));
  for (size_t i = 0; i < UdpSocket::kReadBatch + 1; ++i) sender.send(receiver.socket.local(), "x");
  pollfd ready{receiver.socket.fd(), POLLIN, 0};
  std::vector<Datagram> all;
  size_t full = 0;
  while (all.size() < UdpSocket::kReadBatch + 1) {
    REQUIRE(poll(&ready, 1, 5000) == 1);
    const size_t before = all.size();
    const bool more = receiver.socket.receive(kNumber, receiver.slots, kNow, all);
    CHECK(all.size() - before <= UdpSocket::kReadBatch);
    CHECK(more == (all.size() - before == UdpSocket::kReadBatch));
    full += more ? 1 : 0;
  }
  CHECK(full <= 1);
  CHECK(!receiver.socket.receive(kNumber, receiver.slots, kNow, all));
}

TEST_CASE("a datagram as large as a packet slot is whole, a larger one has size 0") {
  Receiver receiver(v4());
  Sender sender(open(v4()));
  for (const size_t size : {rtp::Packet::kCapacity, rtp::Packet::kCapacity + 1, size_t{2048}, size_t{1}})
    sender.send(receiver.socket.local(), text(size, 'x'));
  std::vector<size_t> sizes;
  for (const Datagram& datagram : receiver.receive(4)) sizes.push_back(datagram.packet->size);
  CHECK(sizes == std::vector<size_t>{rtp::Packet::kCapacity, 0, 0, 1});
}

// The kernel may begin to take times a while after the first socket asks for them, hence many rounds.
TEST_CASE("arrival times are the kernel's: in order, after the sending, before the reading") {
  const auto wall = [] {
    timespec at{};
    clock_gettime(CLOCK_REALTIME, &at);
    return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
  };
  Receiver receiver(v4());
  Sender sender(open(v4()));
  bool earlier = false;
  for (int round = 0; round < 1000 && !earlier; ++round) {
    const auto before = wall();
    for (int i = 0; i < 20; ++i) sender.send(receiver.socket.local(), "x");
    const auto came = receiver.receive(20);
    const auto passed = std::chrono::ceil<Duration>(wall() - before) + 1us;
    REQUIRE(came.size() == 20);
    Time last = kNow - passed;
    for (const Datagram& datagram : came) {
      CHECK(datagram.packet->arrival <= kNow);
      CHECK(datagram.packet->arrival >= last - 1us);
      last = datagram.packet->arrival;
    }
    earlier = came.front().packet->arrival < came.back().packet->arrival;
  }
  CHECK(earlier);
}

// ---- what is refused

TEST_CASE("where the device cannot segment (EIO), all goes out one by one from then on") {
  Kernel kernel;
  kernel.verdict = refuse_runs(EIO);
  Sender sender(Kernel::calls());
  queue_three(sender, v4(1));
  sender.send();
  CHECK(kernel.datagrams() == kThree);
  CHECK(!sender.socket.uses_segments());
  CHECK(sender.socket.counts().refused == 0);
  kernel.verdict = [](const Attempt&) { return 0; };
  queue_three(sender, v4(2));
  sender.send();
  CHECK(kernel.taken.size() == 6);
  CHECK(kernel.runs() == 0);
}

TEST_CASE("where a route refuses a run, its datagrams go one by one, and other routes keep theirs") {
  for (const int error : {EMSGSIZE, EINVAL}) {
    Kernel kernel;
    kernel.verdict = [&](const Attempt& one) { return one.segment != 0 && one.remote.port == 1 ? error : 0; };
    Sender sender(Kernel::calls());
    for (const uint16_t port : std::array<uint16_t, 2>{1, 2}) queue_three(sender, v4(port));
    sender.send();
    CHECK(kernel.datagrams().size() == 6);
    CHECK(kernel.runs() == 1);
    CHECK(sender.socket.uses_segments());
    CHECK(sender.socket.counts().refused == 0);
    kernel.taken.clear();
    kernel.verdict = [](const Attempt&) { return 0; };
    for (const uint16_t port : std::array<uint16_t, 2>{1, 2}) queue_three(sender, v4(port));
    sender.send();
    CHECK(kernel.taken.size() == 4);  // three singles and a run
    CHECK(sender.socket.counts().sent == 12);
  }
}

TEST_CASE("without sendmmsg (ENOSYS) each message has a sendmsg of its own") {
  Kernel kernel;
  kernel.many_error = ENOSYS;
  Sender sender(Kernel::calls());
  queue_three(sender, v4(1));
  sender.queue(v4(2), "x");
  sender.send();
  CHECK(kernel.datagrams() == std::vector<std::string>{kThree[0], kThree[1], kThree[2], "x"});
  sender.send(v4(2), "y");
  CHECK(kernel.many_calls == 1);
  CHECK(kernel.single_calls == 3);
  CHECK(sender.socket.counts().sent == 5);
}

TEST_CASE("a message that the kernel refuses is lost alone") {
  for (const bool many : {true, false}) {
    Kernel kernel;
    kernel.many_error = many ? 0 : ENOSYS;
    kernel.verdict = [](const Attempt& one) { return one.bytes == "no" ? EPERM : 0; };
    Sender sender(Kernel::calls());
    for (const char* datagram : {"1", "no", "333", "4444"}) sender.queue(v4(1), datagram);
    sender.send();
    CHECK(kernel.datagrams() == std::vector<std::string>{"1", "333", "4444"});
    CHECK(sender.socket.counts().refused == 1);
    CHECK(sender.socket.counts().sent == 3);
    CHECK(!sender.socket.has_backlog());
  }
}

TEST_CASE("of a run that is refused, and its datagrams too, each is lost once") {
  Kernel kernel;
  kernel.verdict = [](const Attempt& one) { return one.remote.port == 1 ? EPERM : 0; };
  Sender sender(Kernel::calls());
  for (const uint16_t port : std::array<uint16_t, 2>{1, 2}) queue_three(sender, v4(port));
  sender.send();
  CHECK(kernel.datagrams() == kThree);
  CHECK(sender.socket.counts().refused == 3);
}

TEST_CASE("sendmmsg that takes part of a call is called again for the rest") {
  Kernel kernel;
  kernel.most = 1;
  Sender sender(Kernel::calls());
  for (const char* datagram : {"1", "22", "333"}) sender.queue(v4(1), datagram);
  sender.send();
  CHECK(kernel.datagrams() == std::vector<std::string>{"1", "22", "333"});
  CHECK(kernel.many_calls == 3);
}

TEST_CASE("an interrupted call is made again") {
  Kernel kernel;
  bool interrupted = false;
  kernel.verdict = [&](const Attempt&) { return std::exchange(interrupted, true) ? 0 : EINTR; };
  Sender sender(Kernel::calls());
  sender.send(v4(1), "x");
  CHECK(kernel.datagrams() == std::vector<std::string>{"x"});
  CHECK(sender.socket.counts().refused == 0);
}

TEST_CASE("while the socket is full (EAGAIN) all waits, and leaves in order") {
  Kernel kernel;
  size_t room = 1;
  kernel.verdict = [&](const Attempt&) { return room > 0 ? (--room, 0) : EAGAIN; };
  Sender sender(Kernel::calls());
  for (const char* datagram : {"1", "22", "333"}) sender.queue(v4(1), datagram);
  sender.send();
  CHECK(kernel.datagrams() == std::vector<std::string>{"1"});
  CHECK(sender.socket.has_backlog());

  room = 10;
  sender.send(v4(1), "4444");  // behind those that wait
  CHECK(kernel.taken.size() == 1);

  room = 1;
  sender.socket.send_backlog();
  CHECK(sender.socket.has_backlog());
  room = 10;
  sender.socket.send_backlog();
  CHECK(kernel.datagrams() == std::vector<std::string>{"1", "22", "333", "4444"});
  CHECK(!sender.socket.has_backlog());
  CHECK(sender.socket.counts().sent == 4);
}

TEST_CASE(
    "a run waits as a run, and one that was refused before the socket was full waits for its datagrams") {
  Kernel kernel;
  bool full = true;
  kernel.verdict = [&](const Attempt& one) {
    if (one.segment != 0 && one.remote.port == 1) return EMSGSIZE;
    return full ? EAGAIN : 0;
  };
  Sender sender(Kernel::calls());
  for (const uint16_t port : std::array<uint16_t, 2>{1, 2}) queue_three(sender, v4(port));
  sender.send();
  CHECK(kernel.taken.empty());
  full = false;
  sender.socket.send_backlog();
  CHECK(kernel.datagrams().size() == 6);
  CHECK(kernel.runs() == 1);
  CHECK(!sender.socket.has_backlog());
}

TEST_CASE("what does not fit the bounded backlog is dropped and counted") {
  Kernel kernel;
  kernel.verdict = [](const Attempt&) { return EAGAIN; };
  Sender sender(Kernel::calls());
  constexpr size_t kSize = 2000;
  constexpr size_t kFits = UdpSocket::kMaxBacklogBytes / kSize;
  for (size_t i = 0; i < kFits + 10; ++i) sender.send(v4(1), text(kSize, 'x'));
  CHECK(sender.socket.counts().overflowed == 10);
  kernel.verdict = [](const Attempt&) { return 0; };
  sender.socket.send_backlog();
  CHECK(kernel.taken.size() == kFits);
  CHECK(!sender.socket.has_backlog());
  for (int i = 0; i < 2; ++i) sender.send(v4(1), "x");
  CHECK(sender.socket.counts().overflowed == 10);
}

}  // namespace sfu::net
