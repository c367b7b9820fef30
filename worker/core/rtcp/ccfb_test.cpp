#include "core/rtcp/ccfb.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

// Stream 2: 65535 arrived (ECN-CE, 16 units before), 0 did not, 1 arrived at an unknown time; then padding.
// Stream 3: nothing to report.
const auto kWire =
    hex("8bcd0008 00000001"
        "00000002 ffff0003 e0100000 9fff0000"
        "00000003 00050000"
        "12345678");

std::vector<Ccfb::Status> statuses_in(const Ccfb& feedback) {
  std::vector<Ccfb::Status> out;
  feedback.each([&](const Ccfb::Status& status) { out.push_back(status); });
  return out;
}

TEST_CASE("congestion control feedback reports every packet of a range, across the wrap") {
  const auto feedback = only<Ccfb>(kWire);
  CHECK(feedback.sender_ssrc == 1);
  CHECK(feedback.report_timestamp == 0x12345678);
  const auto statuses = statuses_in(feedback);
  REQUIRE(statuses.size() == 3);
  CHECK(statuses[0].ssrc == 2);
  CHECK(statuses[0].sequence == 65535);
  CHECK(statuses[0].received);
  CHECK(statuses[0].ecn == 3);
  CHECK(statuses[0].arrival_offset == 16);
  CHECK(statuses[1].sequence == 0);
  CHECK_FALSE(statuses[1].received);
  CHECK(statuses[2].sequence == 1);
  CHECK(statuses[2].ecn == 0);
  CHECK(statuses[2].arrival_offset == 0x1fff);
}

TEST_CASE("feedback on no stream is well-formed") {
  CHECK(statuses_in(only<Ccfb>(hex("8bcd0002 00000001 12345678"))).empty());
}

TEST_CASE("a stream that counts more reports than there are is malformed") {
  auto wire = kWire;
  wire[15] = 5;
  CHECK(is_malformed(wire));
  wire[14] = 0xff;
  CHECK(is_malformed(wire));
}

TEST_CASE("congestion control feedback cut anywhere is malformed") {
  for (size_t size = 1; size < kWire.size(); ++size)
    CHECK(is_malformed({kWire.begin(), kWire.begin() + static_cast<int64_t>(size)}));
}

}  // namespace
}  // namespace sfu::rtcp
