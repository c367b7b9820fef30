#include "core/rtcp/receiver_report.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

const auto kWire =
    hex("82c9000d 11223344"
        "00000001 00000005 00000010 00000000 00000000 00000000"
        "00000002 ff7fffff ffffffff 00000001 00000002 00000003");

TEST_CASE("a receiver report is read") {
  const auto report = only<ReceiverReport>(kWire);
  CHECK(report.ssrc == 0x11223344);
  const auto blocks = to_vector(report.blocks);
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0] == ReportBlock{.ssrc = 1, .cumulative_lost = 5, .highest_sequence = 16});
  CHECK(blocks[1].fraction_lost == 255);
  CHECK(blocks[1].cumulative_lost == 0x7fffff);
  CHECK(blocks[1].delay_since_last_sr == 3);
}

TEST_CASE("a receiver report that is read can be written again") {
  CHECK(written(only<ReceiverReport>(kWire)) == kWire);
}

TEST_CASE("a receiver report may have no blocks") {
  const auto wire = hex("80c90001 00000007");
  CHECK(written(ReceiverReport{.ssrc = 7, .blocks = {}}) == wire);
  CHECK(only<ReceiverReport>(wire).blocks.empty());
}

TEST_CASE("losses beyond 24 bits stay at the limit") {
  const std::vector<ReportBlock> blocks{{.cumulative_lost = 0x7fffffff}, {.cumulative_lost = -0x7fffffff}};
  const auto wire = written(ReceiverReport{.ssrc = 1, .blocks = blocks});
  const auto report = only<ReceiverReport>(wire);
  CHECK(report.blocks[0].cumulative_lost == 0x7fffff);
  CHECK(report.blocks[1].cumulative_lost == -0x800000);
}

TEST_CASE("a receiver report holds 31 blocks") {
  const std::vector<ReportBlock> blocks(kMaxCount, ReportBlock{.ssrc = 9});
  const auto wire = written(ReceiverReport{.ssrc = 1, .blocks = blocks});
  CHECK(to_vector(only<ReceiverReport>(wire).blocks) == blocks);
}

TEST_CASE("a truncated receiver report is malformed") { check_truncations(kWire); }

}  // namespace
}  // namespace sfu::rtcp
