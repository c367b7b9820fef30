#include "core/base/outbox.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace sfu {

namespace {

const Path kAlice{.socket = 1, .remote = Address::v4(192, 0, 2, 1, 5000)};
const Path kBob{.socket = 1, .remote = Address::v4(192, 0, 2, 2, 5000)};
const Path kOverTcp{.socket = 9, .protocol = Protocol::kTcp, .remote = Address::v4(192, 0, 2, 1, 5000)};

void send(Outbox& outbox, const Path& path, std::initializer_list<size_t> sizes) {
  uint8_t fill = 0;
  for (const size_t size : sizes) outbox.send(path, std::vector<uint8_t>(size, ++fill));
}

}  // namespace

TEST_CASE("an outbox is empty at first and after clearing") {
  Outbox outbox;
  CHECK(outbox.empty());
  send(outbox, kAlice, {10});
  CHECK_FALSE(outbox.empty());
  outbox.clear();
  CHECK(outbox.empty());
  CHECK_EQ(outbox.datagrams(), 0);
}

TEST_CASE("datagrams of one size to one path are one run") {
  Outbox outbox;
  send(outbox, kAlice, {100, 100, 100});
  REQUIRE_EQ(outbox.runs().size(), 1);
  const Outbox::Run& run = outbox.runs()[0];
  CHECK(run.path == kAlice);
  CHECK_EQ(run.segment, 100);
  CHECK_EQ(run.count, 3);
  REQUIRE_EQ(outbox.bytes(run).size(), 300);
  CHECK_EQ(outbox.bytes(run)[0], 1);
  CHECK_EQ(outbox.bytes(run)[299], 3);
}

TEST_CASE("a shorter datagram ends its run") {
  Outbox outbox;
  send(outbox, kAlice, {100, 100, 60, 60});
  REQUIRE_EQ(outbox.runs().size(), 2);
  CHECK_EQ(outbox.runs()[0].size, 260);
  CHECK_EQ(outbox.runs()[0].count, 3);
  CHECK_EQ(outbox.runs()[1].segment, 60);
}

TEST_CASE("a longer datagram begins a run") {
  Outbox outbox;
  send(outbox, kAlice, {60, 100});
  CHECK_EQ(outbox.runs().size(), 2);
}

TEST_CASE("another path begins a run") {
  Outbox outbox;
  send(outbox, kAlice, {100});
  send(outbox, kBob, {100});
  send(outbox, kAlice, {100});
  CHECK_EQ(outbox.runs().size(), 3);
}

TEST_CASE("TCP has no runs") {
  Outbox outbox;
  send(outbox, kOverTcp, {100, 100});
  CHECK_EQ(outbox.runs().size(), 2);
}

TEST_CASE("a run has no more datagrams and bytes than one send takes") {
  Outbox outbox;
  for (size_t i = 0; i < 2 * Outbox::kMaxRun + 1; ++i) send(outbox, kAlice, {10});
  CHECK_EQ(outbox.runs().size(), 3);
  outbox.clear();
  for (int i = 0; i < 100; ++i) send(outbox, kAlice, {1200});
  for (const auto& run : outbox.runs()) CHECK_LE(run.size, Outbox::kMaxRunBytes);
  CHECK_EQ(outbox.runs()[0].count, 53);
}

TEST_CASE("an outbox is full at a flush's worth of datagrams, and takes more without losing any") {
  Outbox outbox;
  for (size_t i = 0; i < 3 * Outbox::kEnough; ++i) {
    CHECK_EQ(outbox.full(), i >= Outbox::kEnough);
    outbox.send(kAlice, std::vector<uint8_t>(Outbox::kMaxDatagram, static_cast<uint8_t>(i)));
  }
  size_t seen = 0;
  for (const auto& run : outbox.runs())
    for (size_t i = 0; i < run.count; ++i)
      CHECK_EQ(outbox.bytes(run)[i * run.segment], static_cast<uint8_t>(seen++));
  CHECK_EQ(seen, outbox.datagrams());
}

TEST_CASE("a slot may be filled after its commit") {
  Outbox outbox;
  const MutableBytes first = outbox.slot(Outbox::kMaxDatagram);
  outbox.commit(kAlice, 4);
  for (size_t i = 1; i < Outbox::kEnough; ++i) send(outbox, kBob, {Outbox::kMaxDatagram});
  std::ranges::fill(first.first(4), uint8_t{8});
  CHECK(std::ranges::equal(outbox.bytes(outbox.runs()[0]), std::array<uint8_t, 4>{8, 8, 8, 8}));
}

}  // namespace sfu
