// The host on a thread, as the addon runs it: its channel is one end of a socket pair, and the tests hold the
// other.
#include "host/host.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

namespace sfu::host {
namespace {

using channel::Method;

constexpr int kPatience = 10'000;  // ms; only a test that fails waits so long

class Controller {
 public:
  Controller() {
    std::array<int, 2> ends;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    channel_ = ends[0];
    thread_ = std::thread([this, end = ends[1]] { code_ = Host(end).run(); });
  }
  ~Controller() {
    hang_up();
    if (thread_.joinable()) thread_.join();
  }
  Controller(const Controller&) = delete;

  // The host's exit code, once it has ended.
  int join() {
    thread_.join();
    return code_;
  }
  void hang_up() {
    if (channel_ >= 0) close(channel_);
    channel_ = -1;
  }

  // Bytes that the channel took at once.
  size_t try_write(Bytes bytes) {
    const ssize_t size = ::send(channel_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return size < 0 ? 0 : static_cast<size_t>(size);
  }
  bool writable(int milliseconds = kPatience) { return wait(POLLOUT, milliseconds); }
  void write(Bytes bytes) {
    while (!bytes.empty()) {
      REQUIRE(writable());
      bytes = bytes.subspan(try_write(bytes));
    }
  }
  void write_frame(Bytes message) {
    std::vector<uint8_t> out;
    REQUIRE(channel::append_frame(message, out));
    write(out);
  }

  // A request in the next frame; its id.
  uint32_t send(uint32_t method, Bytes body) {
    std::vector<uint8_t> out;
    append(method, body, out);
    write(out);
    return last_id_;
  }
  template <class Message>
  uint32_t send(Method method, const Message& message) {
    std::vector<uint8_t> body;
    channel::encode(message, body);
    return send(static_cast<uint32_t>(method), body);
  }
  uint32_t append(uint32_t method, Bytes body, std::vector<uint8_t>& out) {
    const channel::Request request{++last_id_, method, {body.begin(), body.end()}};
    REQUIRE(channel::append_frame(channel::Frame{.kind = request}, out));
    return last_id_;
  }

  // The next reply; events before it are passed over.
  channel::Reply reply() {
    while (true) {
      while (const auto frame = frames_.next()) {
        const auto message = channel::decode<channel::Frame>(*frame);
        REQUIRE(message);
        if (const auto* reply = std::get_if<channel::Reply>(&message->kind)) return *reply;
      }
      REQUIRE(read_more());
    }
  }
  template <class Response, class Message>
  Response ask(Method method, const Message& message) {
    const uint32_t id = send(method, message);
    const channel::Reply answer = reply();
    REQUIRE(answer.id == id);
    REQUIRE_MESSAGE(!answer.error, answer.error->message);
    return *channel::decode<Response>(answer.body);
  }
  template <class Message>
  channel::Failure refused(Method method, const Message& message) {
    const uint32_t id = send(method, message);
    const channel::Reply answer = reply();
    REQUIRE(answer.id == id);
    REQUIRE(answer.error);
    return *answer.error;
  }
  // False at the end of the channel.
  bool read_more() {
    std::array<uint8_t, 65536> chunk;
    REQUIRE(wait(POLLIN, kPatience));
    const ssize_t size = read(channel_, chunk.data(), chunk.size());
    if (size <= 0) return false;
    frames_.push(Bytes(chunk).first(static_cast<size_t>(size)));
    return true;
  }

 private:
  bool wait(short events, int milliseconds) {
    pollfd ready{channel_, events, 0};
    return poll(&ready, 1, milliseconds) == 1;
  }

  int channel_ = -1;
  std::thread thread_;
  std::atomic<int> code_{-1};
  uint32_t last_id_ = 0;
  channel::FrameReader frames_;
};

channel::Listen listen_on(uint32_t port, uint32_t min_port = 0, uint32_t max_port = 0) {
  return {.ip = "127.0.0.1", .port = port, .min_port = min_port, .max_port = max_port};
}

constexpr auto kMalformed = std::to_array<uint8_t>({0xff, 0xff, 0xff});

}  // namespace

TEST_CASE("requests are answered in their order, whoever answers them") {
  Controller controller;
  const uint32_t first = controller.send(Method::kGetResourceUsage, channel::GetResourceUsage{});
  const uint32_t second = controller.send(Method::kCreateRouter, channel::CreateRouter{1});
  const uint32_t third = controller.send(Method::kListen, listen_on(0));
  const uint32_t fourth = controller.send(Method::kDumpRouter, channel::DumpRouter{1});
  for (const uint32_t id : {first, second, third, fourth}) {
    const channel::Reply reply = controller.reply();
    CHECK(reply.id == id);
    CHECK(!reply.error);
  }
}

TEST_CASE("a request that arrives byte by byte is answered like any other") {
  Controller controller;
  std::vector<uint8_t> bytes;
  const uint32_t id = controller.append(static_cast<uint32_t>(Method::kGetResourceUsage), {}, bytes);
  for (const uint8_t byte : bytes) controller.write({&byte, 1});
  CHECK(controller.reply().id == id);
}

TEST_CASE("frames that are no request are passed over") {
  Controller controller;
  std::vector<uint8_t> reply, event;
  channel::encode(channel::Frame{.kind = channel::Reply{.id = 1}}, reply);
  channel::encode(channel::Frame{.kind = channel::Event{}}, event);
  for (const Bytes garbage : {Bytes(), Bytes(kMalformed), Bytes(reply), Bytes(event)})
    controller.write_frame(garbage);
  const uint32_t id = controller.send(Method::kGetResourceUsage, channel::GetResourceUsage{});
  CHECK(controller.reply().id == id);
}

TEST_CASE("a request with a malformed body gets a type error, an unknown method one that names it") {
  Controller controller;
  uint32_t id = controller.send(static_cast<uint32_t>(Method::kCreateRouter), kMalformed);
  channel::Reply reply = controller.reply();
  CHECK(reply.id == id);
  REQUIRE(reply.error);
  CHECK(reply.error->code == channel::FailureCode::kType);

  id = controller.send(9999, {});
  reply = controller.reply();
  CHECK(reply.id == id);
  REQUIRE(reply.error);
  CHECK(reply.error->code == channel::FailureCode::kUnsupported);
  CHECK(reply.error->message.find("9999") != std::string::npos);
}

TEST_CASE("a frame that is too long ends the host with code 1, after the requests before it") {
  Controller controller;
  const uint32_t id = controller.send(Method::kGetResourceUsage, channel::GetResourceUsage{});
  controller.write(std::to_array<uint8_t>({0xff, 0xff, 0xff, 0xff}));
  CHECK(controller.reply().id == id);
  CHECK(controller.join() == 1);
  CHECK(!controller.read_more());
}

TEST_CASE("a closed channel ends the host with code 0") {
  Controller idle;
  idle.hang_up();
  CHECK(idle.join() == 0);
  Controller busy;
  busy.ask<channel::Done>(Method::kCreateRouter, channel::CreateRouter{1});
  busy.ask<channel::Listening>(Method::kListen, listen_on(0));
  busy.hang_up();
  CHECK(busy.join() == 0);
}

TEST_CASE("equal requests to listen share a socket, until the last user is gone") {
  Controller controller;
  const auto first = controller.ask<channel::Listening>(Method::kListen, listen_on(0));
  CHECK(first.ip == "127.0.0.1");
  CHECK(first.port != 0);
  const auto second = controller.ask<channel::Listening>(Method::kListen, listen_on(0));
  CHECK(second == first);
  channel::Listen other = listen_on(0);
  other.receive_buffer_size = 100'000;
  const auto third = controller.ask<channel::Listening>(Method::kListen, other);
  CHECK(third.socket != first.socket);
  CHECK(third.port != first.port);

  const channel::Unlisten unlisten{first.socket};
  controller.ask<channel::Done>(Method::kUnlisten, unlisten);
  CHECK(controller.refused(Method::kListen, listen_on(first.port)).message.find("listenInfos.port ") == 0);
  controller.ask<channel::Done>(Method::kUnlisten, unlisten);
  CHECK(controller.refused(Method::kUnlisten, unlisten).code == channel::FailureCode::kNotFound);
  CHECK(controller.ask<channel::Listening>(Method::kListen, listen_on(first.port)).port == first.port);
}

TEST_CASE("the first free port of a range is taken; when there is none, the error names the field") {
  Controller controller;
  const uint32_t port = controller.ask<channel::Listening>(Method::kListen, listen_on(0)).port;
  const uint32_t high = std::min(port + 20, 65535u);
  const auto next = controller.ask<channel::Listening>(Method::kListen, listen_on(0, port, high));
  CHECK(next.port > port);
  CHECK(next.port <= high);
  const channel::Failure failure = controller.refused(Method::kListen, listen_on(0, port, port));
  CHECK(failure.message.find("listenInfos.portRange ") == 0);
  CHECK(failure.message.find(std::to_string(port)) != std::string::npos);
}

TEST_CASE("a bad address or range is a type error that names the field") {
  Controller controller;
  channel::Listen nowhere = listen_on(0);
  nowhere.ip = "localhost";
  for (const auto& [request, field] :
       {std::pair{nowhere, "listenInfos.ip "}, std::pair{listen_on(0, 2000, 1000), "listenInfos.portRange "},
        std::pair{listen_on(0, 60000, 70000), "listenInfos.portRange "}}) {
    const channel::Failure failure = controller.refused(Method::kListen, request);
    CHECK(failure.code == channel::FailureCode::kType);
    CHECK(failure.message.find(field) == 0);
  }
}

// Much is asked for while nothing is read, until the host reads no more either.
TEST_CASE("a controller that does not read is pushed back, and loses nothing") {
  Controller controller;
  constexpr size_t kTooMuch = 4 << 20;
  constexpr int kStalled = 200;  // ms without room
  std::vector<uint8_t> request;
  size_t written = 0, left = 0;
  uint32_t last = 0;
  while (written < kTooMuch && controller.writable(kStalled)) {
    if (left == 0) {
      request.clear();
      last = controller.append(static_cast<uint32_t>(Method::kDumpWorker), {}, request);
      left = request.size();
    }
    const size_t size = controller.try_write(Bytes(request).last(left));
    left -= size;
    written += size;
  }
  CHECK(written < kTooMuch);
  const uint32_t whole = left == 0 ? last : last - 1;
  for (uint32_t id = 1; id <= whole; ++id) REQUIRE(controller.reply().id == id);
  controller.write(Bytes(request).last(left));
  if (left > 0) CHECK(controller.reply().id == last);
  controller.ask<channel::WorkerDump>(Method::kDumpWorker, channel::DumpWorker{});
}

}  // namespace sfu::host
