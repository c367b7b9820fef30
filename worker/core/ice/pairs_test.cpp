#include "core/ice/pairs.hpp"

#include <doctest/doctest.h>

namespace sfu::ice {
namespace {

Path udp(uint8_t host) { return {1, Protocol::kUdp, Address::v4(192, 0, 2, host, 5000)}; }
Path tcp(uint8_t host) { return {100u + host, Protocol::kTcp, Address::v4(192, 0, 2, host, 5000)}; }

Pair& add(Pairs& pairs, const Path& path, Time checked, uint32_t priority = 0) {
  Pair& pair = pairs.add(path);
  pair.checked = checked;
  pair.priority = priority;
  return pair;
}

}  // namespace

TEST_CASE("UDP outranks TCP, then the higher priority does, and no pair outranks its equal") {
  const Pair low{udp(1), 1, {}, {}}, high{udp(2), 2, {}, {}}, reliable{tcp(3), 3, {}, {}};
  CHECK(outranks(high, low));
  CHECK_FALSE(outranks(low, high));
  CHECK(outranks(low, reliable));
  CHECK_FALSE(outranks(reliable, high));
  CHECK_FALSE(outranks(low, low));
}

TEST_CASE("The same socket and priority under another address is a rebinding") {
  const Pair pair{udp(1), 7, {}, {}};
  CHECK(is_rebinding({udp(2), 7, {}, {}}, pair));
  CHECK_FALSE(is_rebinding({udp(2), 8, {}, {}}, pair));
  CHECK_FALSE(is_rebinding({tcp(2), 7, {}, {}}, pair));
  CHECK_FALSE(is_rebinding({udp(2), 0, {}, {}}, {udp(1), 0, {}, {}}));
}

TEST_CASE("The oldest pair is the one checked longest ago, never the one spared") {
  Pairs pairs;
  CHECK(pairs.oldest({}) == nullptr);
  add(pairs, udp(1), Time(3s));
  add(pairs, udp(2), Time(1s));
  add(pairs, udp(3), Time(2s));
  CHECK(pairs.oldest({})->path == udp(2));
  CHECK(pairs.oldest(udp(2))->path == udp(3));
}

TEST_CASE("The best pair is nominated and outranks the others, or else is the one checked last") {
  Pairs pairs;
  CHECK(pairs.best(Time::min()) == nullptr);
  add(pairs, udp(1), Time(1s), 9);
  add(pairs, udp(2), Time(3s), 8);
  CHECK(pairs.best(Time::min())->path == udp(2));
  add(pairs, tcp(3), Time(2s), 5).nominated = Time(2s);
  CHECK(pairs.best(Time::min())->path == tcp(3));
  add(pairs, udp(4), Time(2s), 1).nominated = Time(2s);
  CHECK(pairs.best(Time::min())->path == udp(4));
  CHECK(pairs.best(Time(2s))->path == udp(2));
  CHECK(pairs.best(Time(3s)) == nullptr);
  pairs.forget_nominations();
  CHECK(pairs.best(Time::min())->path == udp(2));
}

TEST_CASE("A removed pair is gone, and another may take its place") {
  Pairs pairs;
  for (uint8_t i = 0; i < Pairs::kMost; ++i) add(pairs, udp(i), Time(1s));
  CHECK(pairs.full());
  CHECK(pairs.remove(udp(3)));
  CHECK_FALSE(pairs.remove(udp(3)));
  CHECK(pairs.find(udp(3)) == nullptr);
  CHECK_FALSE(pairs.full());
}

}  // namespace sfu::ice
