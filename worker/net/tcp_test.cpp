// TcpListener and TcpConnection on loopback, against plain client sockets.
#include "net/tcp.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

#include "net/socket_address.hpp"

namespace sfu::net {
namespace {

constexpr Time kNow{Duration(1h)};
constexpr uint32_t kListener = 3;
constexpr uint32_t kConnection = 7;
constexpr int kPatience = 5000;  // ms; only a test that fails waits so long

Address v4(uint16_t port = 0) { return Address::v4(127, 0, 0, 1, port); }

TcpListener open(const Address& local, const TcpListener::Options& options = {}) {
  auto listener = TcpListener::open(local, options);
  REQUIRE(static_cast<bool>(listener));
  return std::move(*listener);
}

bool wait(int fd, short events, int milliseconds = kPatience) {
  pollfd ready{fd, events, 0};
  return poll(&ready, 1, milliseconds) == 1;
}

std::string framed(const std::string& text) {
  const auto size = static_cast<uint16_t>(text.size());
  return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)} + text;
}

// A blocking client socket.
struct Client {
  explicit Client(const Address& to, int receive_buffer = 0)
      : fd(::socket(to.v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0)
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int now = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    SocketAddress address = to_socket_address(to, to.v6 ? AF_INET6 : AF_INET);
    REQUIRE(::connect(fd.get(), address.get(), address.size) == 0);
  }
  void send(const std::string& bytes) {
    REQUIRE(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  // What has come, at most; empty at the end.
  std::string receive() {
    std::array<char, 65536> room;
    REQUIRE(wait(fd.get(), POLLIN));
    const ssize_t size = ::recv(fd.get(), room.data(), room.size(), 0);
    return size > 0 ? std::string(room.data(), static_cast<size_t>(size)) : std::string();
  }
  std::string receive(size_t size) {
    std::string all;
    while (all.size() < size) {
      const std::string more = receive();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  Fd fd;
};

// A client and our end of its connection.
struct Pair {
  explicit Pair(const TcpListener::Options& options = {}, int client_buffer = 0)
      : listener(open(v4(), options)), client(listener.local(), client_buffer) {
    REQUIRE(wait(listener.fd(), POLLIN));
    ours = listener.accept(kListener, kConnection);
    REQUIRE(ours);
  }

  // Reads once, when something has come.
  std::vector<std::string> receive(MutableBytes room) {
    std::vector<std::string> out;
    REQUIRE(wait(ours->fd(), POLLIN));
    for (Bytes stream = ours->read(room); !stream.empty();) {
      ours->unframe(stream, pool, kNow, all);
      CHECK(all.size() <= TcpConnection::kReadBatch);
      for (const Datagram& datagram : all) out.emplace_back(as_text(datagram.packet->data()));
      all.clear();
    }
    return out;
  }
  std::vector<std::string> receive() {
    std::array<uint8_t, 65536> room;
    return receive(room);
  }
  void queue(const std::string& datagram) { outbox.send(ours->path(), as_bytes(datagram)); }
  void send() {
    ours->send(outbox, outbox.runs());
    outbox.clear();
  }

  rtp::PacketPool pool{128};
  std::vector<Datagram> all;
  TcpListener listener;
  Client client;
  std::optional<TcpConnection> ours;
  Outbox outbox;
};

// The frames of a stream; a frame that is cut off fails the test.
std::vector<std::string> frames_of(const std::string& stream) {
  std::vector<std::string> out;
  Deframer deframer;
  Bytes in = as_bytes(stream);
  size_t bytes = 0;
  while (const auto frame = deframer.next(in)) {
    out.emplace_back(as_text(*frame));
    bytes += kFrameHead + frame->size();
  }
  CHECK(bytes == stream.size());
  return out;
}

}  // namespace

// ---- the listener

TEST_CASE("a listener tells its port, which nobody else can have while it is open") {
  std::optional<TcpListener> listener = open(v4());
  const Address local = listener->local();
  CHECK(local.port != 0);
  CHECK(local.ip_text() == "127.0.0.1");
  CHECK(!TcpListener::open(local, {}));
  CHECK(errno == EADDRINUSE);
  // A connection that lingers after it does not hold the port.
  {
    const Client client(local);
    REQUIRE(wait(listener->fd(), POLLIN));
    REQUIRE(listener->accept(kListener, kConnection));
  }
  listener.reset();
  CHECK(TcpListener::open(local, {}));
}

TEST_CASE("with reuse_port two listeners share a port") {
  const TcpListener first = open(v4(), {.reuse_port = true});
  CHECK(open(first.local(), {.reuse_port = true}).local().port == first.local().port);
}

TEST_CASE("an IPv6 listener takes IPv4 too, unless it is IPv6 only") {
  const Address any = *Address::parse("::", 0);
  TcpListener both = open(any);
  const Client client(v4(both.local().port));
  REQUIRE(wait(both.fd(), POLLIN));
  const auto accepted = both.accept(kListener, kConnection);
  REQUIRE(accepted);
  CHECK(accepted->path().remote.ip_text() == "127.0.0.1");
  CHECK(!accepted->path().remote.v6);

  const TcpListener six = open(any, {.ipv6_only = true});
  CHECK(TcpListener::open(v4(six.local().port), {}));
}

TEST_CASE("nobody waits: nothing is accepted") {
  TcpListener listener = open(v4());
  CHECK(!listener.accept(kListener, kConnection));
  CHECK(!listener.exhausted());
}

TEST_CASE("without a descriptor left the listener says so, and goes on when there is one") {
  TcpListener listener = open(v4());
  const Client client(listener.local());
  REQUIRE(wait(listener.fd(), POLLIN));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const bool accepted = listener.accept(kListener, kConnection).has_value();
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(!accepted);
  CHECK(listener.exhausted());
  CHECK(listener.accept(kListener, kConnection));
  CHECK(!listener.exhausted());
}

// ---- reading

TEST_CASE("frames become datagrams of the connection's path") {
  Pair pair;
  pair.client.send(framed("hello") + framed("") + framed("world"));
  REQUIRE(wait(pair.ours->fd(), POLLIN));
  std::array<uint8_t, 1000> room;
  Bytes stream = pair.ours->read(room);
  std::vector<Datagram> all;
  pair.ours->unframe(stream, pair.pool, kNow, all);
  CHECK(stream.empty());
  REQUIRE(all.size() == 2);
  CHECK(as_text(all[1].packet->data()) == "world");
  CHECK(all[0].packet->arrival == kNow);
  const Path& path = all[0].path;
  CHECK(path.socket == kConnection);
  CHECK(path.listener == kListener);
  CHECK(path.protocol == Protocol::kTcp);
  CHECK(path.remote.ip_text() == "127.0.0.1");
  CHECK(path.remote.port != pair.listener.local().port);
}

TEST_CASE("a frame may come in many reads") {
  Pair pair;
  std::string stream, expected;
  for (char letter = 'a'; letter < 'k'; ++letter) {
    expected.assign(300, letter);
    stream += framed(expected);
  }
  std::array<uint8_t, 7> room;
  std::vector<std::string> came;
  pair.client.send(stream);
  while (came.size() < 10)
    for (std::string& text : pair.receive(room)) came.push_back(std::move(text));
  CHECK(came.front() == std::string(300, 'a'));
  CHECK(came.back() == expected);
}

TEST_CASE("a read full of tiny frames is taken in batches") {
  Pair pair;
  std::string stream;
  for (int i = 0; i < 1000; ++i) stream += framed("x");
  pair.client.send(stream);
  size_t count = 0;
  while (count < 1000) count += pair.receive().size();
  CHECK(count == 1000);
  CHECK(pair.pool.in_use() == 0);
}

TEST_CASE("a connection ends when the remote closes it, after what came before") {
  Pair pair;
  pair.client.send(framed("last"));
  pair.client.fd = Fd();
  CHECK(pair.receive() == std::vector<std::string>{"last"});
  CHECK(pair.ours->open());
  CHECK(pair.receive().empty());
  CHECK(!pair.ours->open());
}

TEST_CASE("a connection ends when its framing breaks, after the frames before that") {
  Pair pair;
  pair.client.send(framed("fine") + "GET / HTTP/1.1\r\n\r\n");
  CHECK(pair.receive() == std::vector<std::string>{"fine"});
  CHECK(!pair.ours->open());
}

TEST_CASE("nothing has come: nothing is read, and the connection stays") {
  Pair pair;
  std::array<uint8_t, 10> room;
  CHECK(pair.ours->read(room).empty());
  CHECK(pair.ours->open());
}

// ---- writing

TEST_CASE("datagrams leave as frames, all that are there in one call") {
  Pair pair;
  std::string expected;
  for (const size_t size : std::array<size_t, 6>{1, 300, 1200, 1200, 1200, 2000}) {
    const std::string text(size, 'x');
    pair.queue(text);
    expected += framed(text);
  }
  pair.send();
  CHECK(pair.client.receive(expected.size()) == expected);
  CHECK(pair.ours->counts().calls == 1);
  CHECK(pair.ours->counts().sent == 6);
}

TEST_CASE("more than fit one call go in several, in order") {
  Pair pair;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    pair.queue(std::to_string(i));
    expected += framed(std::to_string(i));
  }
  pair.send();
  CHECK(pair.client.receive(expected.size()) == expected);
  CHECK(pair.ours->counts().calls == 4);
}

TEST_CASE("a slow reader gets whole frames, in order; what is too much is dropped whole, and counted") {
  Pair pair({.send_buffer = 20'000}, 20'000);
  constexpr size_t kSize = 1000;
  constexpr size_t kCount = 3 * TcpConnection::kMaxBacklogBytes / kSize;
  for (size_t i = 0; i < kCount; ++i) {
    std::string text = std::to_string(i) + " ";
    text.resize(kSize, 'x');
    pair.queue(text);
    if (pair.outbox.full()) pair.send();
  }
  pair.send();
  CHECK(pair.ours->has_backlog());
  const auto& counts = pair.ours->counts();
  CHECK(counts.overflowed > kCount / 3);
  CHECK(counts.sent + counts.overflowed == kCount);

  std::string stream;
  const size_t expected = counts.sent * (kFrameHead + kSize);
  while (stream.size() < expected) {
    pair.ours->send_backlog();
    stream += pair.client.receive();
  }
  CHECK(!pair.ours->has_backlog());
  const std::vector<std::string> frames = frames_of(stream);
  CHECK(frames.size() == counts.sent);
  int last = -1;
  for (const std::string& frame : frames) {
    REQUIRE(frame.size() == kSize);
    REQUIRE(std::stoi(frame) > last);
    last = std::stoi(frame);
  }

  // It caught up: all goes at once again.
  pair.queue("after");
  pair.send();
  CHECK(!pair.ours->has_backlog());
  CHECK(pair.client.receive() == framed("after"));
}

TEST_CASE("a connection that was reset ends at the next write, without a signal") {
  Pair pair;
  const linger at_once{1, 0};
  setsockopt(pair.client.fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  pair.client.fd = Fd();
  REQUIRE(wait(pair.ours->fd(), POLLIN));
  for (int i = 0; i < 3; ++i) {
    pair.queue("x");
    pair.send();
  }
  CHECK(!pair.ours->open());
  CHECK(!pair.ours->has_backlog());
}

}  // namespace sfu::net
