#include "core/rtcp/ntp_mapping.hpp"

#include <doctest/doctest.h>

#include "core/base/random.hpp"

namespace sfu::rtcp {
namespace {

constexpr uint64_t kSecond = uint64_t{1} << 32;

NtpMapping mapping(uint64_t ntp, uint32_t rtp, Time arrival = Time(100s)) { return {{ntp}, rtp, arrival}; }

TEST_CASE("a timestamp follows the sender's clock, forwards and back") {
  const auto report = mapping(1000 * kSecond, 5000);
  CHECK(report.rtp_at({1000 * kSecond}, 90'000) == 5000);
  CHECK(report.rtp_at({1001 * kSecond}, 90'000) == 95'000);
  CHECK(report.rtp_at({1000 * kSecond + kSecond / 2}, 48'000) == 29'000);
  CHECK(report.rtp_at({1000 * kSecond + kSecond / 3}, 90'000) == 35'000);
  CHECK(report.rtp_at({1000 * kSecond - kSecond / 100}, 90'000) == 4100);
}

TEST_CASE("timestamps and NTP time wrap") {
  CHECK(mapping(kSecond, 0xffffffff).rtp_at({2 * kSecond}, 90'000) == 89'999);
  CHECK(mapping(kSecond, 0).rtp_at({0}, 90'000) == static_cast<uint32_t>(-90'000));
  CHECK(mapping(~uint64_t{0} - kSecond + 1, 0).rtp_at({kSecond}, 90'000) == 180'000);
}

TEST_CASE("the offset between two layers brings a timestamp to the same instant") {
  const auto low = mapping(1000 * kSecond, 10'000);
  const auto high = mapping(1002 * kSecond, 777'000, Time(102s));
  const auto offset = timestamp_offset(low, high, 90'000);
  REQUIRE(offset);
  CHECK(10'000 + *offset == 777'000 - 180'000);
  CHECK(*timestamp_offset(high, low, 90'000) == static_cast<uint32_t>(-static_cast<int64_t>(*offset)));
}

TEST_CASE("the offset is the same whichever reports it is taken from") {
  Random random(2);
  for (int round = 0; round < 1000; ++round) {
    const uint32_t low = random.u32(), high = random.u32();
    const auto start = mapping(random.u64() | 1, 0);
    const Duration a(random.below(3'000'000)), b(random.below(3'000'000));
    auto from = start.at(Time(100s) + a, 90'000), to = start.at(Time(100s) + b, 90'000);
    from.rtp_timestamp += low;
    to.rtp_timestamp += high;
    const auto error = static_cast<int32_t>(*timestamp_offset(from, to, 90'000) - (high - low));
    CHECK(std::abs(error) <= 1);
  }
}

TEST_CASE("reports of different clocks have no offset") {
  const auto report = mapping(1000 * kSecond, 1);
  CHECK(timestamp_offset(report, mapping(1009 * kSecond, 1), 90'000));
  CHECK_FALSE(timestamp_offset(report, mapping(1011 * kSecond, 1), 90'000));
  CHECK_FALSE(timestamp_offset(mapping(1011 * kSecond, 1), report, 90'000));
  CHECK(timestamp_offset(report, mapping(1100 * kSecond, 1, Time(200s)), 90'000));
  CHECK_FALSE(timestamp_offset(report, mapping(1000 * kSecond, 1, Time(200s)), 90'000));
}

TEST_CASE("a sender without a clock, who reports NTP time 0, has no offset") {
  CHECK_FALSE(timestamp_offset(mapping(0, 1), mapping(1, 1), 90'000));
  CHECK_FALSE(timestamp_offset(mapping(1, 1), mapping(0, 1), 90'000));
}

TEST_CASE("our own report continues the sender's") {
  const auto report = mapping(1000 * kSecond, 0xfffffff0);
  const auto ours = report.at(Time(102'500ms), 48'000);
  CHECK(ours.ntp.value == 1002 * kSecond + kSecond / 2);
  CHECK(ours.rtp_timestamp == 120'000 - 16);
  CHECK(ours.arrival == Time(102'500ms));
}

TEST_CASE("audio and video that meet in the sender's reports meet in ours") {
  const auto audio = mapping(1000 * kSecond, 1, Time(100s)).at(Time(107'777'777us), 48'000);
  const auto video = mapping(1001 * kSecond, 1, Time(101s)).at(Time(103'333'333us), 90'000);
  const Ntp instant{1004 * kSecond};
  CHECK(std::abs(static_cast<int32_t>(audio.rtp_at(instant, 48'000) - (1 + 4 * 48'000))) <= 1);
  CHECK(std::abs(static_cast<int32_t>(video.rtp_at(instant, 90'000) - (1 + 3 * 90'000))) <= 1);
}

}  // namespace
}  // namespace sfu::rtcp
