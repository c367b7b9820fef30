#include "core/bwe/rtt.hpp"

#include <doctest/doctest.h>

namespace sfu::bwe {
namespace {

TEST_CASE("the example of RFC 3550, 6.4.1: 6.125 s") {
  const Ntp now{0xb44db705'20000000};
  const rtcp::ReportBlock block{.last_sr = 0xb7052000, .delay_since_last_sr = 0x00054000};
  const Ntp a{0x0000b710'80000000};
  CHECK(a.middle() == 0xb7108000);
  CHECK(round_trip(a, block) == 6'125'000us - 0us);
  CHECK(round_trip(now, block.last_sr, 0) == 0us);
}

TEST_CASE("a reference time's echo gives the same") {
  CHECK(round_trip(Ntp{0x0000b710'80000000}, rtcp::Dlrr{1, 0xb7052000, 0x00054000}) == 6'125'000us);
}

TEST_CASE("the middle of the NTP time wraps") {
  const Time sent(65'536s - 10ms);
  const Time now = sent + 150ms;
  CHECK(to_ntp(sent).middle() > to_ntp(now).middle());
  const auto rtt = round_trip(to_ntp(now), to_ntp(sent).middle(), to_ntp_middle(100ms));
  REQUIRE(rtt);
  CHECK(std::chrono::abs(*rtt - 50ms) < 50us);
}

TEST_CASE("a peer that had no report of ours tells nothing") {
  CHECK_FALSE(round_trip(Ntp{0x00001710'80000000}, 0, 0));
}

TEST_CASE("a peer that claims to have held a report for longer than it was away tells nothing") {
  const Ntp now{0x0000b710'80000000};
  CHECK(round_trip(now, 0xb7108000, 0) == 0us);
  CHECK_FALSE(round_trip(now, 0xb7108000, 1));
  CHECK_FALSE(round_trip(now, 0xb7108001, 0));
}

}  // namespace
}  // namespace sfu::bwe
