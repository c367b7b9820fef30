// The host on a thread, as the addon runs it: its channel is one end of a socket pair, and a test holds the
// other.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "host/host.hpp"

namespace sfu::host {

using channel::Method;

inline constexpr int kPatience = 10'000;  // ms; only a test that fails waits so long

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
  bool readable() { return wait(POLLIN, kPatience); }
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
    append(++last_id_, method, body, out);
    return last_id_;
  }
  // A request that is not answered.
  template <class Message>
  void post(Method method, const Message& message) {
    std::vector<uint8_t> body, out;
    channel::encode(message, body);
    append(0, static_cast<uint32_t>(method), body, out);
    write(out);
  }

  // The next reply; events before it are kept for event().
  channel::Reply reply() {
    while (true) {
      const channel::Frame frame = next_frame();
      if (const auto* reply = std::get_if<channel::Reply>(&frame.kind)) return *reply;
      events_.push_back(std::get<channel::Event>(frame.kind));
    }
  }
  // The next event of one kind; others before it are passed over.
  template <class Body>
  Body event() {
    while (true) {
      if (events_.empty()) events_.push_back(std::get<channel::Event>(next_frame().kind));
      const channel::Event event = std::move(events_.front());
      events_.pop_front();
      if (const auto* body = std::get_if<Body>(&event.body)) return *body;
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
    REQUIRE(readable());
    const ssize_t size = read(channel_, chunk.data(), chunk.size());
    if (size <= 0) return false;
    frames_.push(Bytes(chunk).first(static_cast<size_t>(size)));
    return true;
  }

 private:
  void append(uint32_t id, uint32_t method, Bytes body, std::vector<uint8_t>& out) {
    const channel::Request request{id, method, {body.begin(), body.end()}};
    REQUIRE(channel::append_frame(channel::Frame{.kind = request}, out));
  }
  channel::Frame next_frame() {
    while (true) {
      if (const auto frame = frames_.next()) {
        auto message = channel::decode<channel::Frame>(*frame);
        REQUIRE(message);
        return std::move(*message);
      }
      REQUIRE(read_more());
    }
  }
  bool wait(short events, int milliseconds) {
    pollfd ready{channel_, events, 0};
    return poll(&ready, 1, milliseconds) == 1;
  }

  int channel_ = -1;
  std::thread thread_;
  std::atomic<int> code_{-1};
  uint32_t last_id_ = 0;
  channel::FrameReader frames_;
  std::deque<channel::Event> events_;
};

}  // namespace sfu::host
