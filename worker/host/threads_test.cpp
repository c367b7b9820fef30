// Hosts on threads of a process that ends while they work.
#include "host/threads.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <vector>

#include "core/channel/frames.hpp"
#include "host/host.hpp"
#include "net/fd.hpp"

namespace sfu::host {
namespace {

struct Pair {
  Pair() {
    std::array<int, 2> ends;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    ours = net::Fd(ends[0]);
    theirs = ends[1];
  }
  // Whether the other side has closed, which this waits for.
  bool ends() const {
    std::array<uint8_t, 4096> chunk;
    ssize_t size = 0;
    while ((size = read(ours.get(), chunk.data(), chunk.size())) > 0) continue;
    return size == 0;
  }
  net::Fd ours;
  int theirs;  // the host's, which closes it
};

struct Started {
  explicit Started(HostThreads& threads) { REQUIRE(threads.start(channel.theirs, life.theirs)); }
  Pair channel, life;
};

void ask(const Started& host, uint32_t method, const std::vector<uint8_t>& body) {
  std::vector<uint8_t> out;
  REQUIRE(channel::append_frame(
      channel::Frame{.kind = channel::Request{.id = 1, .method = method, .body = body}}, out));
  REQUIRE(send(host.channel.ours.get(), out.data(), out.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(out.size()));
}

}  // namespace

TEST_CASE("a host whose channel closes lets go of all, while others go on") {
  HostThreads threads;
  Started first(threads), second(threads);
  first.channel.ours = net::Fd();
  CHECK(first.life.ends());
  ask(second, static_cast<uint32_t>(channel::Method::kGetResourceUsage), {});
  std::array<uint8_t, 1> answer;
  CHECK(read(second.channel.ours.get(), answer.data(), answer.size()) == 1);
}

TEST_CASE("hosts that start, work or end are gone when their owner is") {
  for (int round = 0; round < 20; ++round) {
    std::optional<HostThreads> threads(std::in_place);
    std::vector<Started> hosts;
    for (int i = 0; i < 6; ++i) hosts.emplace_back(*threads);
    for (const Started& host : hosts)
      ask(host, static_cast<uint32_t>(channel::Method::kGetResourceUsage), {});
    hosts.front().channel.ours = net::Fd();
    hosts.emplace_back(*threads);
    threads.reset();
    for (size_t i = 1; i < hosts.size(); ++i) CHECK(hosts[i].channel.ends());
    for (const Started& host : hosts) CHECK(host.life.ends());
  }
}

}  // namespace sfu::host
