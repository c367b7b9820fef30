#include "sim/stream_arrivals.hpp"

#include <doctest/doctest.h>

#include "core/rtcp/ccfb.hpp"

namespace sfu::sim {
namespace {

constexpr Time kNow{Duration(1h)};

// What the core reads of a report.
std::vector<rtcp::Ccfb::Status> read_back(const CcfbReport& report) {
  std::array<uint8_t, 1500> buffer;
  rtcp::Builder builder(buffer);
  REQUIRE(builder.add(report));
  Bytes in = builder.written();
  const auto packet = rtcp::take_packet(in);
  REQUIRE(packet);
  REQUIRE(in.empty());
  const auto message = rtcp::Ccfb::parse(*packet);
  REQUIRE(message);
  CHECK(message->report_timestamp == to_ntp(report.at).middle());
  std::vector<rtcp::Ccfb::Status> out;
  message->each([&](const rtcp::Ccfb::Status& status) { out.push_back(status); });
  return out;
}

}  // namespace

TEST_CASE("what came of a stream is told once, with when it came and what is missing between") {
  StreamArrivals arrivals;
  CHECK(arrivals.deadline() == kNever);
  arrivals.on_packet(7, 65534, kNow);
  arrivals.on_packet(7, 65535, kNow + 10ms);
  arrivals.on_packet(7, 1, kNow + 50ms);
  CHECK(arrivals.deadline() == kNow + 100ms);
  const auto reports = arrivals.collect(1, kNow + 100ms);
  REQUIRE(reports.size() == 1);
  const auto seen = read_back(reports[0]);
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].ssrc == 7);
  CHECK(seen[0].sequence == 65534);
  CHECK(seen[0].arrival_offset == 102);  // 100 ms in 1/1024 s
  CHECK(seen[1].arrival_offset == 92);
  CHECK(!seen[2].received);
  CHECK(seen[3].sequence == 1);
  CHECK(seen[3].arrival_offset == 51);
  CHECK(arrivals.collect(1, kNow + 200ms).empty());
}

TEST_CASE("a packet that comes late is told with those after it") {
  StreamArrivals arrivals;
  arrivals.on_packet(7, 10, kNow);
  arrivals.on_packet(7, 12, kNow);
  arrivals.collect(1, kNow + 100ms);
  arrivals.on_packet(7, 11, kNow + 150ms);
  const auto seen = read_back(arrivals.collect(1, kNow + 200ms).at(0));
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].sequence == 11);
  CHECK((seen[0].received && seen[1].received));
}

TEST_CASE("streams have a message each, and a gap without end does not make one too long") {
  StreamArrivals arrivals;
  arrivals.on_packet(7, 1, kNow);
  arrivals.on_packet(8, 1, kNow);
  arrivals.on_packet(8, 20'000, kNow);
  const auto reports = arrivals.collect(1, kNow + 10s);
  REQUIRE(reports.size() == 2);
  CHECK(read_back(reports[0]).size() == 1);
  CHECK(read_back(reports[0])[0].arrival_offset == 0x1ffe);  // longer ago than can be told
  CHECK(read_back(reports[1]).size() == 400);
}

}  // namespace sfu::sim
