// Requests and the channel.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include "host/test_controller.hpp"

namespace sfu::host {
namespace {

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

TEST_CASE("exclusive sockets are shared with nobody, and their port is nobody else's") {
  Controller controller;
  channel::Listen mine = listen_on(0);
  mine.exclusive = true;
  const auto first = controller.ask<channel::Listening>(Method::kListen, mine);
  const auto second = controller.ask<channel::Listening>(Method::kListen, mine);
  CHECK(first.socket != second.socket);
  CHECK(first.port != second.port);
  const auto shared = controller.ask<channel::Listening>(Method::kListen, listen_on(0));
  CHECK(shared.socket != first.socket);

  mine.port = first.port;
  for (const channel::Listen& busy : {mine, listen_on(first.port)}) {
    const channel::Failure failure = controller.refused(Method::kListen, busy);
    CHECK(failure.message.find("listenInfos.port " + std::to_string(first.port)) == 0);
  }
  controller.ask<channel::Done>(Method::kUnlisten, channel::Unlisten{first.socket});
  CHECK(controller.ask<channel::Listening>(Method::kListen, mine).port == first.port);
}

TEST_CASE("a range gives all of its free ports, one after the other, and those that were freed again") {
  Controller controller;
  const uint32_t low = controller.ask<channel::Listening>(Method::kListen, listen_on(0)).port;
  const uint32_t high = std::min(low + 20, 65535u);
  channel::Listen request = listen_on(0, low, high);
  request.exclusive = true;
  std::set<uint32_t> ports, sockets;
  while (true) {
    const uint32_t id = controller.send(Method::kListen, request);
    const channel::Reply reply = controller.reply();
    CHECK(reply.id == id);
    if (reply.error) {
      CHECK(reply.error->message.find("listenInfos.portRange " + std::to_string(low)) == 0);
      break;
    }
    const auto listening = channel::decode<channel::Listening>(reply.body);
    CHECK(listening->port > low);
    CHECK(listening->port <= high);
    CHECK(ports.insert(listening->port).second);
    sockets.insert(listening->socket);
  }
  CHECK(ports.size() > 10);
  controller.ask<channel::Done>(Method::kUnlisten, channel::Unlisten{*sockets.begin()});
  CHECK(ports.contains(controller.ask<channel::Listening>(Method::kListen, request).port));
}

TEST_CASE("a free port of a range is taken; when there is none, the error names the field") {
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

TEST_CASE("a posted request is done and not answered, whatever comes of it") {
  Controller controller;
  controller.post(Method::kCreateRouter, channel::CreateRouter{1});
  controller.post(Method::kCreateRouter, channel::CreateRouter{1});  // fails: the handle is taken
  controller.post(Method::kUnlisten, channel::Unlisten{99});         // fails in the host
  controller.ask<channel::RouterDump>(Method::kDumpRouter, channel::DumpRouter{1});
}

TEST_CASE("messages of 256 KiB cross the channel, many of them, and what follows is answered") {
  Controller controller;
  const std::vector<uint8_t> message(256 << 10, 'x');
  for (int i = 0; i < 20; ++i)
    controller.post(Method::kSendFromDataProducer,
                    channel::SendFromDataProducer{.data_producer = 1, .message = message});
  const channel::SendToDataConsumer to_nobody{.data_consumer = 1, .message = message};
  CHECK(controller.refused(Method::kSendToDataConsumer, to_nobody).code == channel::FailureCode::kNotFound);
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
