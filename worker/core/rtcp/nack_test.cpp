#include "core/rtcp/nack.hpp"

#include "core/base/random.hpp"
#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

using Sequences = std::vector<uint16_t>;

Sequences lost_in(const Nack& nack) {
  Sequences out;
  nack.lost.each([&](uint16_t sequence) { out.push_back(sequence); });
  return out;
}

std::vector<uint8_t> nack_of(const Sequences& lost) { return written(Nack{1, 2, lost}); }

size_t items_in(const std::vector<uint8_t>& wire) { return (wire.size() - 12) / 4; }

const auto kWire = hex("81cd0004 00000001 00000002 00648001 01000000");

TEST_CASE("a NACK names a packet and those of the next sixteen that its mask marks") {
  const Sequences lost{100, 101, 116, 256};
  CHECK(nack_of(lost) == kWire);
  const auto nack = only<Nack>(kWire);
  CHECK(nack.sender_ssrc == 1);
  CHECK(nack.media_ssrc == 2);
  CHECK(lost_in(nack) == lost);
}

TEST_CASE("the seventeenth packet after the first needs an item of its own") {
  CHECK(items_in(nack_of({100, 116})) == 1);
  CHECK(items_in(nack_of({100, 117})) == 2);
}

TEST_CASE("an item reaches across the wrap") {
  for (int start : {65519, 65520, 65530, 65535, 0, 32767}) {
    Sequences lost;
    for (int i = 0; i <= 16; ++i) lost.push_back(static_cast<uint16_t>(start + i));
    CHECK(items_in(nack_of(lost)) == 1);
    CHECK(lost_in(only<Nack>(nack_of(lost))) == lost);
  }
}

TEST_CASE("numbers out of order, or twice, come back as they were") {
  const Sequences lost{10, 8, 9, 9, 25, 12, 65535, 3};
  CHECK(lost_in(only<Nack>(nack_of(lost))) == lost);
}

TEST_CASE("any sorted list comes back in items of seventeen packets each") {
  Random random(7);
  for (int round = 0; round < 500; ++round) {
    Sequences lost;
    uint32_t sequence = random.u32();
    const uint32_t count = 1 + random.below(200);
    for (uint32_t i = 0; i < count; ++i) {
      lost.push_back(static_cast<uint16_t>(sequence));
      sequence += 1 + random.below(30);
    }
    CHECK(lost_in(only<Nack>(nack_of(lost))) == lost);
  }
}

TEST_CASE("kAlwaysFit numbers fit an empty datagram, one more may not") {
  Sequences lost;
  for (size_t i = 0; i <= Nack::kAlwaysFit; ++i) lost.push_back(static_cast<uint16_t>(i * 100));
  std::vector<uint8_t> out(Builder::kMaxSize);
  CHECK_FALSE(Builder(out).add(Nack{1, 2, lost}));
  lost.pop_back();
  CHECK(Builder(out).add(Nack{1, 2, lost}));
}

TEST_CASE("a NACK without items, or with half of one, is malformed") {
  CHECK(is_malformed(hex("81cd0002 00000001 00000002")));
  CHECK(is_malformed(hex("a1cd0003 00000001 00000002 00640002")));
}

TEST_CASE("a truncated NACK is malformed") { check_truncations(nack_of({100})); }

}  // namespace
}  // namespace sfu::rtcp
