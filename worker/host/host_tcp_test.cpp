// A client on a TCP connection, as a browser behind a firewall would be.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/stun/binding.hpp"
#include "host/test_controller.hpp"
#include "net/socket_address.hpp"

namespace sfu::host {
namespace {

constexpr uint32_t kRouter = 1;
constexpr uint32_t kTransport = 2;

channel::Listen listen_on(uint32_t port = 0) {
  return {.protocol = channel::Protocol::kTcp, .ip = "127.0.0.1", .port = port};
}

class Client {
 public:
  Client() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) { REQUIRE(fd_.get() >= 0); }
  explicit Client(uint32_t port) : Client() { REQUIRE(connect(port)); }
  bool connect(uint32_t port) {
    net::SocketAddress to =
        net::to_socket_address(Address::v4(127, 0, 0, 1, static_cast<uint16_t>(port)), AF_INET);
    const int now = 1;
    setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    return ::connect(fd_.get(), to.get(), to.size) == 0;
  }
  void send(Bytes bytes) {
    REQUIRE(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  // The next frame's text; nothing at the end of the connection.
  std::optional<std::vector<uint8_t>> receive() {
    std::array<uint8_t, 2048> room;
    while (true) {
      Bytes in = stream_;
      net::Deframer deframer;
      if (const auto frame = deframer.next(in)) {
        const std::vector<uint8_t> copy(frame->begin(), frame->end());
        stream_.erase(stream_.begin(), stream_.end() - static_cast<ptrdiff_t>(in.size()));
        return copy;
      }
      REQUIRE(readable(kPatience));
      const ssize_t size = ::recv(fd_.get(), room.data(), room.size(), 0);
      if (size <= 0) return std::nullopt;
      stream_.insert(stream_.end(), room.begin(), room.begin() + size);
    }
  }
  // Whether the other side closed the connection, so far.
  bool ended() {
    uint8_t one;
    return readable(0) && ::recv(fd_.get(), &one, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
  }
  void close() { fd_ = net::Fd(); }
  uint16_t port() const {
    net::SocketAddress own;
    getsockname(fd_.get(), own.get(), &own.size);
    return net::to_address(own.storage).port;
  }

 private:
  bool readable(int milliseconds) {
    pollfd ready{fd_.get(), POLLIN, 0};
    return poll(&ready, 1, milliseconds) == 1;
  }
  net::Fd fd_;
  std::vector<uint8_t> stream_;
};

// A transport that listens on TCP, and what a client needs to know of it.
struct Call {
  Call() {
    listening = controller.ask<channel::Listening>(Method::kListen, listen_on());
    controller.ask<channel::Done>(Method::kCreateRouter, channel::CreateRouter{kRouter});
    created = controller.ask<channel::WebRtcTransportCreated>(
        Method::kCreateWebRtcTransport,
        channel::CreateWebRtcTransport{
            .router = kRouter,
            .transport = kTransport,
            .addresses = {{listening.socket, channel::Protocol::kTcp, listening.ip, listening.port}}});
  }

  // A framed check, signed with `password`.
  std::vector<uint8_t> check(const std::string& password) {
    std::array<uint8_t, 512> out;
    const std::string username = created.ice_parameters->username_fragment + ":peer";
    stun::BindingRequest request;
    request.username = username;
    request.priority = 0x6e7f1eff;
    request.controlling = 1;
    request.use_candidate = true;
    const size_t size = request.write(MutableBytes(out).subspan(2), stun::IntegrityKey(password));
    REQUIRE(size > 0);
    store16(out.data(), static_cast<uint16_t>(size));
    return {out.begin(), out.begin() + 2 + static_cast<ptrdiff_t>(size)};
  }
  std::vector<uint8_t> check() { return check(created.ice_parameters->password); }

  // Sends a check, and takes its answer.
  void connect(Client& client) {
    client.send(check());
    take_answer(client);
  }
  void take_answer(Client& client) {
    const auto answer = client.receive();
    REQUIRE(answer);
    const auto message = stun::Message::parse(*answer);
    REQUIRE(message);
    CHECK(message->type == stun::Class::kSuccess);
    CHECK(message->has_integrity(stun::IntegrityKey(created.ice_parameters->password)));
    REQUIRE(message->mapped_address);
    CHECK(message->mapped_address->port == client.port());
  }
  void wait_for_the_end() {
    auto change = controller.event<channel::IceStateChange>();
    if (change.state == channel::IceState::kCompleted) change = controller.event<channel::IceStateChange>();
    CHECK(change.state == channel::IceState::kDisconnected);
    CHECK(change.reason == channel::IceDisconnectReason::kTcpClosed);
  }
  // Until the host has looked at all its sockets once more.
  void let_it_look() {
    controller.ask<channel::ResourceUsage>(Method::kGetResourceUsage, channel::GetResourceUsage{});
  }

  Controller controller;
  channel::Listening listening;
  channel::WebRtcTransportCreated created;
};

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

TEST_CASE("a check over TCP is answered over TCP, and the transport's tuple says so") {
  Call call;
  REQUIRE(call.created.ice_candidates.size() == 1);
  CHECK(call.created.ice_candidates[0].protocol == channel::Protocol::kTcp);
  CHECK(call.created.ice_candidates[0].tcp_type == channel::IceTcpType::kPassive);
  CHECK(call.created.ice_candidates[0].port == call.listening.port);

  Client client(call.listening.port);
  call.connect(client);
  const auto tuple = call.controller.event<channel::IceSelectedTupleChange>().tuple;
  REQUIRE(tuple);
  CHECK(tuple->protocol == channel::Protocol::kTcp);
  CHECK(tuple->local_address == "127.0.0.1");
  CHECK(tuple->local_port == call.listening.port);
  CHECK(tuple->remote_port == client.port());
  CHECK(call.controller.event<channel::IceStateChange>().state == channel::IceState::kCompleted);
  call.connect(client);  // and again
}

TEST_CASE("a check that comes byte by byte is answered like any other") {
  Call call;
  Client client(call.listening.port);
  const std::vector<uint8_t> check = call.check();
  for (const uint8_t& byte : check) client.send({&byte, 1});
  call.take_answer(client);
}

TEST_CASE("a connection that the client closes disconnects its transport") {
  Call call;
  Client client(call.listening.port);
  call.connect(client);
  client.close();
  call.wait_for_the_end();
}

TEST_CASE("a client that sends no frames is closed, and its transport told") {
  Call call;
  Client client(call.listening.port);
  call.connect(client);
  client.send(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  CHECK(!client.receive());
  call.wait_for_the_end();
}

TEST_CASE("a closed connection is nobody else's trouble") {
  Call call;
  Client client(call.listening.port), other(call.listening.port);
  call.connect(client);
  call.connect(other);
  other.send(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  CHECK(!other.receive());
  call.connect(client);
}

TEST_CASE("when nobody listens any more the connections end, before the controller is answered") {
  Call call;
  Client client(call.listening.port), idle(call.listening.port);
  call.connect(client);
  call.controller.ask<channel::Done>(Method::kUnlisten, channel::Unlisten{call.listening.socket});
  call.wait_for_the_end();
  CHECK(!client.receive());
  CHECK(!idle.receive());
  // The port is free.
  const auto again = call.controller.ask<channel::Listening>(Method::kListen, listen_on(call.listening.port));
  CHECK(again.port == call.listening.port);
  CHECK(again.socket != call.listening.socket);
}

TEST_CASE("UDP and TCP listen on one port; a second TCP listener cannot") {
  Controller controller;
  const auto tcp = controller.ask<channel::Listening>(Method::kListen, listen_on());
  channel::Listen udp = listen_on(tcp.port);
  udp.protocol = channel::Protocol::kUdp;
  CHECK(controller.ask<channel::Listening>(Method::kListen, udp).socket != tcp.socket);
  CHECK(controller.ask<channel::Listening>(Method::kListen, listen_on()).socket == tcp.socket);
  const channel::Failure failure = controller.refused(Method::kListen, listen_on(tcp.port));
  CHECK(failure.message.find("listenInfos.port " + std::to_string(tcp.port)) == 0);
  CHECK(failure.message.find("TCP") != std::string::npos);
}

TEST_CASE("of 2,000 idle connections a bounded number stays, and clients come through all the while") {
  allow_many_descriptors();
  Call call;
  Client early(call.listening.port);
  call.connect(early);
  constexpr size_t kAttempts = 2000;
  std::vector<std::unique_ptr<Client>> idle;
  for (size_t i = 0; i < kAttempts; ++i) {
    idle.push_back(std::make_unique<Client>(call.listening.port));
    if (i % 100 == 0) call.let_it_look();
  }
  Client late(call.listening.port);
  call.connect(late);
  call.connect(early);
  call.let_it_look();
  const auto ended = std::ranges::count_if(idle, [](const auto& client) { return client->ended(); });
  CHECK(static_cast<size_t>(ended) == kAttempts + 2 - Connections::kMost);
  CHECK(idle.front()->ended());
  CHECK(!idle.back()->ended());
  // Who closes makes room.
  idle.clear();
  Client last(call.listening.port);
  call.connect(last);
}

TEST_CASE("a wrong password makes nobody a client: the connection is among the first to go") {
  allow_many_descriptors();
  Call call;
  Client wrong(call.listening.port);
  wrong.send(call.check("a password that is not ours"));
  REQUIRE(wrong.receive());  // the error
  std::vector<std::unique_ptr<Client>> idle;
  for (size_t i = 0; i < Connections::kMost; ++i)
    idle.push_back(std::make_unique<Client>(call.listening.port));
  CHECK(!wrong.receive());
}

TEST_CASE("without descriptors a client waits, and is served when there are some") {
  Call call;
  Client client;
  std::vector<uint8_t> request;
  const uint32_t id = call.controller.append(static_cast<uint32_t>(Method::kGetResourceUsage), {}, request);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{1, before.rlim_max};  // standard input has it; poll() refuses to wait with 0
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  // No assertion in between: the sanitizer's own checks need descriptors.
  const bool connected = client.connect(call.listening.port);
  call.controller.try_write(request);
  const bool answered = call.controller.readable();
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(connected);
  CHECK(answered);
  CHECK(call.controller.reply().id == id);
  call.connect(client);
}

}  // namespace sfu::host
