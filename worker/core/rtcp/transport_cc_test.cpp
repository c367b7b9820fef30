#include "core/rtcp/transport_cc.hpp"

#include "core/base/random.hpp"
#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

using Arrivals = std::vector<Time>;

Time at(Duration since_start) { return Time(since_start); }

std::vector<TransportCc::Status> statuses_in(const TransportCc& feedback) {
  std::vector<TransportCc::Status> out;
  feedback.each([&](const TransportCc::Status& status) { out.push_back(status); });
  return out;
}

std::vector<uint8_t> report_on(const Arrivals& arrivals, uint16_t base = 1) {
  return written(TransportCcReport{
      .sender_ssrc = 1, .media_ssrc = 2, .base_sequence = base, .feedback_count = 7, .arrivals = arrivals});
}

// Reads a report back; what it says differs by at most half a tick.
void check_report_on(const Arrivals& arrivals, uint16_t base = 1) {
  const auto wire = report_on(arrivals, base);
  const auto feedback = only<TransportCc>(wire);
  const auto statuses = statuses_in(feedback);
  REQUIRE(statuses.size() == arrivals.size());
  for (size_t i = 0; i < arrivals.size(); ++i) {
    CHECK(statuses[i].sequence == static_cast<uint16_t>(base + i));
    CHECK(statuses[i].received == (arrivals[i] != kNever));
    if (!statuses[i].received) continue;
    const Time arrival = at(feedback.reference_time * 64ms + statuses[i].since_reference);
    CHECK(std::chrono::abs(arrival - arrivals[i]) <= 125us);
  }
}

TEST_CASE("runs and vectors of statuses are read as the draft draws them") {
  const StatusChunk run{0x00dd};
  CHECK(run.size() == 221);
  CHECK(run.status(220) == 0);
  const StatusChunk run_of_small{0x2018};
  CHECK(run_of_small.size() == 24);
  CHECK(run_of_small.status(0) == 1);

  const StatusChunk one_bit{0b1001'1111'0001'1100};
  const std::vector<int> bits{0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0};
  REQUIRE(one_bit.size() == bits.size());
  for (size_t i = 0; i < bits.size(); ++i) CHECK(one_bit.status(i) == bits[i]);

  const StatusChunk two_bit{0b1100'1001'0101'1000};
  const std::vector<int> pairs{0, 2, 1, 1, 1, 2, 0};
  REQUIRE(two_bit.size() == pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) CHECK(two_bit.status(i) == pairs[i]);
}

TEST_CASE("a chunk covers as many statuses as one can") {
  using Statuses = std::vector<uint8_t>;
  const auto covering = [](const Statuses& statuses) {
    const auto [chunk, count] = StatusChunk::covering(statuses);
    REQUIRE(count <= chunk.size());
    for (size_t i = 0; i < count; ++i) CHECK(chunk.status(i) == statuses[i]);
    return count;
  };
  CHECK(covering({2}) == 1);
  CHECK(covering(Statuses(9000, 0)) == 8191);
  CHECK(covering(Statuses(20, 2)) == 20);
  CHECK(covering({0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}) == 14);
  CHECK(covering({0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2, 0, 1}) == 7);
  CHECK(covering({0, 2, 1}) == 3);
  CHECK(covering({1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 2, 2, 2, 2}) == 9);
}

TEST_CASE("a report is written as the draft draws it") {
  // 5 * 64 ms is the reference; then 1 ms, lost, 2 ms later, 100 ms later, 1 ms earlier.
  const Arrivals arrivals{at(321ms), kNever, at(323ms), at(423ms), at(422ms)};
  const auto wire = report_on(arrivals, 0xffff);
  CHECK(wire == hex("8fcd0006 00000001 00000002 ffff0005 00000507 d1a00408 0190fffc"));
  check_report_on(arrivals, 0xffff);
}

TEST_CASE("a report is padded with zeros") {
  CHECK(report_on({at(64ms)}) == hex("8fcd0005 00000001 00000002 00010001 00000107 20010000"));
}

TEST_CASE("a report may begin and end with packets not received") {
  check_report_on({kNever, kNever, at(1s), kNever});
}

TEST_CASE("deltas at the limits of their bytes") {
  const Arrivals small_and_large{at(1s), at(1s + 255 * 250us), at(1s + 511 * 250us)};
  check_report_on(small_and_large);
  const auto wire = report_on(small_and_large);
  CHECK(only<TransportCc>(wire).deltas.size() == 1 + 1 + 2);
  check_report_on({at(10s), at(10s + 32767 * 250us), at(10s - 250us)});
}

TEST_CASE("the reference time wraps after 24 bits") {
  const Time wrap = at((1 << 24) * 64ms);
  const auto wire = report_on({wrap - 1ms, wrap + 1ms});
  CHECK(only<TransportCc>(wire).reference_time == 0xffffff);
  CHECK(only<TransportCc>(report_on({wrap + 65ms})).reference_time == 1);

  ReferenceTime reference;
  const Duration before = reference.unwrap(0xffffff);
  CHECK(reference.unwrap(1) - before == 128ms);
  CHECK(reference.unwrap(0xfffffe) - before == -64ms);
  CHECK(reference.unwrap(2) - before == 192ms);
}

TEST_CASE("the reference time is followed through many wraps") {
  ReferenceTime reference;
  for (int64_t i = 0; i < 10; ++i)
    CHECK(reference.unwrap(static_cast<uint32_t>(i * 6'000'000) & 0xffffff) == i * 6'000'000 * 64ms);
}

TEST_CASE("rounding does not add up") {
  Arrivals arrivals;
  for (int i = 0; i < 500; ++i) arrivals.push_back(at(1s + i * 1126us));
  check_report_on(arrivals);
}

TEST_CASE("a delta of more than 16 bits ends the message") {
  const Duration longest = 32767 * 250us;
  const Time first = at(64s);
  CHECK(TransportCcReport::fitting(Arrivals{first, first + longest, kNever}, 1200) == 3);
  CHECK(TransportCcReport::fitting(Arrivals{first, kNever, first + longest + 250us}, 1200) == 2);
  CHECK(TransportCcReport::fitting(Arrivals{first, first - longest - 500us}, 1200) == 1);
}

TEST_CASE("as much fits as fits, and is then written") {
  Random random(5);
  for (int round = 0; round < 300; ++round) {
    Arrivals arrivals{at(1000s)};
    const uint32_t loss = random.below(100);
    const uint32_t jitter = 1 + random.below(200'000);
    while (arrivals.size() < TransportCcReport::kMaxStatuses)
      arrivals.push_back(random.below(100) < loss ? kNever : at(1000s) + Duration(random.below(jitter)));
    std::vector<uint8_t> out(24 + random.below(1200));
    Builder builder(out);
    const size_t count = TransportCcReport::fitting(arrivals, builder.room());
    CHECK(count > 0);
    CHECK(builder.add(TransportCcReport{.arrivals = std::span<const Time>(arrivals).first(count)}));
    arrivals.resize(count);
    if (out.size() >= 1200) check_report_on(arrivals);
  }
}

TEST_CASE("nothing fits where no packet that was received would") {
  Arrivals arrivals(100, kNever);
  arrivals.push_back(at(1s));
  CHECK(TransportCcReport::fitting(arrivals, 40) == 0);
  CHECK(TransportCcReport::fitting(arrivals, 1200) == 101);
  CHECK(TransportCcReport::fitting(Arrivals{at(1s)}, 23) == 0);
  CHECK(TransportCcReport::fitting(Arrivals{at(1s)}, 24) == 1);
}

TEST_CASE("a run longer than the status count is cut") {
  const auto wire = hex("8fcd0005 00000001 00000002 00010002 00000007 3fff0102");
  CHECK(statuses_in(only<TransportCc>(wire)).size() == 2);
}

TEST_CASE("Chromium's padding of one to three bytes is accepted") {
  const auto wire = hex("afcd0005 00000001 00000002 00010001 00000107 20010401");
  CHECK(statuses_in(only<TransportCc>(wire)).at(0).since_reference == 1ms);
}

TEST_CASE("feedback on nothing, or on more than 8192 packets, is malformed") {
  CHECK(is_malformed(hex("8fcd0005 00000001 00000002 00010000 00000007 20010000")));
  CHECK(is_malformed(hex("8fcd0005 00000001 00000002 00012001 00000007 1fff1fff")));
  CHECK_FALSE(is_malformed(hex("8fcd0005 00000001 00000002 00012000 00000007 1fff1fff")));
}

TEST_CASE("too few chunks or deltas are malformed, and so is the reserved status") {
  CHECK(is_malformed(hex("8fcd0004 00000001 00000002 00010001 00000007")));
  CHECK(is_malformed(hex("8fcd0005 00000001 00000002 00010003 00000007 20030102")));
  CHECK(is_malformed(hex("8fcd0006 00000001 00000002 00010001 00000007 60010000 00000000")));
  CHECK(is_malformed(hex("8fcd0006 00000001 00000002 00010001 00000007 f0000000 00000000")));
  CHECK(is_malformed(hex("8fcd0005 00000001 00000002 00010001 00000007 00000000")));
}

TEST_CASE("truncated feedback is malformed") {
  check_truncations(report_on({at(1s), kNever, at(2s), at(1s), at(2s)}));
}

}  // namespace
}  // namespace sfu::rtcp
