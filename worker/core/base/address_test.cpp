#include "core/base/address.hpp"

#include <doctest/doctest.h>

#include <set>

namespace sfu {

TEST_CASE("an IPv4 address is read and written") {
  const auto address = Address::parse("192.0.2.1", 5000);
  REQUIRE(address);
  CHECK(*address == Address::v4(192, 0, 2, 1, 5000));
  CHECK_FALSE(address->v6);
  CHECK_EQ(address->ip_text(), "192.0.2.1");
  CHECK_EQ(address->text(), "192.0.2.1:5000");
}

TEST_CASE("an IPv6 address is read and written in its shortest form") {
  const auto address = Address::parse("2001:0db8:0::1", 443);
  REQUIRE(address);
  CHECK(address->v6);
  CHECK_EQ(address->text(), "[2001:db8::1]:443");
}

TEST_CASE("an IPv4 address is held as IPv4-mapped IPv6") {
  const Address v4 = Address::v4(192, 0, 2, 1, 1);
  CHECK(v4.ip == Address::parse("::ffff:192.0.2.1", 1)->ip);
}

TEST_CASE("what is not an address is refused") {
  for (const char* text : {"", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1 ", "1:2", ":::", "[::1]"})
    CHECK_FALSE(Address::parse(text, 1));
}

TEST_CASE("addresses differ by ip and by port, paths also by socket and protocol") {
  const Path path{.socket = 1, .remote = Address::v4(192, 0, 2, 1, 1)};
  Path other = path;
  CHECK(other == path);
  other.remote.port = 2;
  CHECK_FALSE(other == path);
  other = path;
  other.socket = 2;
  CHECK_FALSE(other == path);
  other = path;
  other.protocol = Protocol::kTcp;
  CHECK_FALSE(other == path);
}

TEST_CASE("equal paths hash equally and neighbours apart") {
  std::set<size_t> hashes;
  for (uint32_t socket = 0; socket < 4; ++socket)
    for (uint8_t host = 0; host < 16; ++host)
      for (uint16_t port = 0; port < 64; ++port)
        hashes.insert(PathHash{}({.socket = socket, .remote = Address::v4(10, 0, 0, host, port)}));
  CHECK_EQ(hashes.size(), 4 * 16 * 64);
  const Path path{.socket = 1, .remote = Address::v4(192, 0, 2, 1, 1)};
  CHECK_EQ(PathHash{}(path), PathHash{}(Path(path)));
}

}  // namespace sfu
