// Pacing on real sockets, and how its bursts are measured.
#include "bench/bursts.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace sfu::bench {
namespace {

const Time kStart{1000s};

// A packet of 1000 bytes that the worker sent in the turn at `sent`, and the kernel had at `arrived`.
Viewer::Packet packet(Duration sent, Duration arrived) {
  return {rtp::to_abs_send_time(kStart + sent), kStart + sent, kStart + arrived, 1000};
}

std::vector<double> shares_of(const std::vector<Burst>& bursts) {
  std::vector<double> shares;
  for (const Burst& burst : bursts) shares.push_back(burst.share());
  return shares;
}

TEST_CASE("a burst may fill its slot up, to a whole packet") {
  struct {
    std::vector<int64_t> packets;
    double share;
  } const table[] = {{{500}, 0.5}, {{1000}, 1},       {{600, 600}, 1},        {{1000, 1}, 1},
                     {{1500}, 1},  {{1001, 1001}, 2}, {{600, 600, 600}, 1.5}, {{400, 400}, 0.8}};
  for (const auto& row : table) {
    Burst burst;
    for (const int64_t size : row.packets) burst.add(size, 1000);
    CHECK(burst.share() == doctest::Approx(row.share));
  }
}

TEST_CASE(
    "turns are told apart by their time, arrivals by what lies between them, windows begin with each "
    "packet") {
  const std::vector<Viewer::Packet> packets = {packet(0ms, 100us), packet(0ms, 200us), packet(500us, 700us),
                                               packet(5ms, 5150us)};
  const std::vector<WorkerLoop::Allowance> allowances = {
      {kStart, 2000}, {kStart + 500us, 1000}, {kStart + 5ms, 4000}};
  Bursts bursts;
  add_bursts(packets, allowances, bursts);
  CHECK(shares_of(bursts.turns) == std::vector<double>{1, 1, 0.25});
  CHECK(shares_of(bursts.arrivals) == std::vector<double>{1.5, 0.25});
  CHECK(shares_of(bursts.windows) == std::vector<double>{1.5, 0.75, 0.5, 0.25});
}

// What a machine that is busy can do is wake the worker late, and let two turns' packets come together. It
// cannot make the pacer give more at one moment: that must hold of every turn.
TEST_CASE(
    "on a real socket no transport sends more in a turn than its slot's worth, be it a key frame or a "
    "probe") {
  const Recording recording = record_bursts(6, 90);
  REQUIRE(recording.bursts.turns.size() > 90);
  int64_t most = 0;
  for (const Burst& burst : recording.bursts.turns) {
    REQUIRE(burst.share() <= 1);
    most = std::max(most, burst.bytes);
  }
  CHECK(most < static_cast<int64_t>(kFrameBytes * kKeyFrameTimes / 2));
}

}  // namespace
}  // namespace sfu::bench
