#include "core/rtcp/sender_report.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

const ReportBlock kBlock{.ssrc = 0x0a0b0c0d,
                         .fraction_lost = 0x40,
                         .cumulative_lost = -2,
                         .highest_sequence = 0x0001fffe,
                         .jitter = 0x21,
                         .last_sr = 0xabcd1234,
                         .delay_since_last_sr = 0x00010000};

const auto kWire =
    hex("81c8000c 11223344 e5f60718 80000000 00015f90 00000064 00002710"
        "0a0b0c0d 40fffffe 0001fffe 00000021 abcd1234 00010000");

TEST_CASE("a sender report is written as RFC 3550, 6.4.1 draws it") {
  const std::vector<ReportBlock> blocks{kBlock};
  const SenderReport report{.ssrc = 0x11223344,
                            .ntp = {0xe5f6071880000000},
                            .rtp_timestamp = 90'000,
                            .packets = 100,
                            .octets = 10'000,
                            .blocks = blocks};
  CHECK(written(report) == kWire);
}

TEST_CASE("a sender report is read") {
  const auto report = only<SenderReport>(kWire);
  CHECK(report.ssrc == 0x11223344);
  CHECK(report.ntp.middle() == 0x07188000);
  CHECK(report.rtp_timestamp == 90'000);
  CHECK(report.packets == 100);
  CHECK(report.octets == 10'000);
  REQUIRE(report.blocks.size() == 1);
  CHECK(report.blocks[0] == kBlock);
}

TEST_CASE("a sender report that is read can be written again") {
  CHECK(written(only<SenderReport>(kWire)) == kWire);
}

TEST_CASE("a truncated sender report is malformed") { check_truncations(kWire); }

TEST_CASE("a sender report that counts more blocks than it has is malformed") {
  auto wire = kWire;
  wire[0] = 0x82;
  CHECK(is_malformed(wire));
}

TEST_CASE("a profile's extension behind the report blocks is ignored") {
  auto wire = kWire;
  wire[0] = 0x80;
  CHECK(only<SenderReport>(wire).blocks.empty());
  CHECK_FALSE(is_malformed(wire));
}

}  // namespace
}  // namespace sfu::rtcp
