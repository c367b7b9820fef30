// Who may stay when everybody may come. Time and the core's knowledge are the test's.
#include "host/connections.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace sfu::host {
namespace {

constexpr Time kNow{Duration(1h)};
constexpr uint32_t kListener = 1;
constexpr uint32_t kOther = 2;

struct World {
  uint32_t come(Time now = kNow, uint32_t listener = kListener) {
    const Path path{++last, Protocol::kTcp, Address::v4(127, 0, 0, 1, 5000), listener};
    connections.add(net::TcpConnection(net::Fd(), path), now);
    return last;
  }
  auto knows() {
    return [this](const Path& path) { return known.contains(path.socket); };
  }
  std::vector<uint32_t> overdue(Time now) { return connections.overdue(now, knows()); }
  std::optional<uint32_t> oldest_stranger(uint32_t listener = kListener) {
    return connections.oldest_stranger(listener, knows());
  }

  Connections connections;
  std::set<uint32_t> known;
  uint32_t last = 100;
};

}  // namespace

TEST_CASE("a listener is full at its bound, whatever other listeners have") {
  World world;
  for (size_t i = 0; i < Connections::kMost; ++i) {
    CHECK(!world.connections.full(kListener));
    world.come();
  }
  CHECK(world.connections.full(kListener));
  CHECK(!world.connections.full(kOther));
  world.connections.remove(world.last);
  CHECK(!world.connections.full(kListener));
  CHECK(!world.connections.find(world.last));
}

TEST_CASE("the stranger that came first makes room, one that is known never") {
  World world;
  const uint32_t first = world.come(), second = world.come(), third = world.come();
  world.come(kNow, kOther);
  world.known = {first};
  CHECK(world.oldest_stranger() == second);
  world.known = {first, second};
  CHECK(world.oldest_stranger() == third);
  world.connections.remove(third);
  CHECK(!world.oldest_stranger());
  CHECK(world.oldest_stranger(kOther) == world.last);
  CHECK(!world.oldest_stranger(77));
}

TEST_CASE("who stays a stranger for too long has to go, and nobody else") {
  World world;
  const uint32_t idle = world.come(), expected = world.come();
  const uint32_t later = world.come(kNow + 10s);
  world.known = {expected};
  CHECK(world.overdue(kNow + Connections::kPatience - 1ms).empty());
  CHECK(world.overdue(kNow + Connections::kPatience) == std::vector{idle});
  world.connections.remove(idle);
  world.known = {expected, later};
  CHECK(world.overdue(kNow + 1h).empty());
}

TEST_CASE("a connection whose transport is gone is a stranger again, from then on") {
  World world;
  const uint32_t connection = world.come();
  world.known = {connection};
  CHECK(world.overdue(kNow + 1h).empty());
  CHECK(!world.oldest_stranger());
  world.known.clear();
  CHECK(world.overdue(kNow + 2h).empty());
  CHECK(world.oldest_stranger() == connection);
  CHECK(world.overdue(kNow + 2h + Connections::kPatience) == std::vector{connection});
}

TEST_CASE("a listener's connections are those made to it") {
  World world;
  const uint32_t first = world.come(), second = world.come();
  world.come(kNow, kOther);
  CHECK(world.connections.all_of(kListener) == std::vector{first, second});
  CHECK(world.connections.all_of(77).empty());
  for (const uint32_t number : {first, second, world.last}) world.connections.remove(number);
  CHECK(world.connections.empty());
}

}  // namespace sfu::host
