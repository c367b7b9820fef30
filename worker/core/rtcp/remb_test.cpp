#include "core/rtcp/remb.hpp"

#include "core/base/random.hpp"
#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

// 1 Mbit/s = 250000 * 2^2
const auto kWire = hex("8fce0006 00000001 00000000 52454d42 020bd090 00000007 00000008");

uint64_t through_the_wire(uint64_t bitrate) {
  return only<Remb>(written(Remb{.sender_ssrc = 1, .bitrate = bitrate, .ssrcs = {}})).bitrate;
}

TEST_CASE("a maximum bitrate is a mantissa and an exponent") {
  const std::vector<uint32_t> ssrcs{7, 8};
  CHECK(written(Remb{.sender_ssrc = 1, .bitrate = 1'000'000, .ssrcs = ssrcs}) == kWire);
  const auto remb = only<Remb>(kWire);
  CHECK(remb.sender_ssrc == 1);
  CHECK(remb.bitrate == 1'000'000);
  CHECK(to_vector(remb.ssrcs) == ssrcs);
}

TEST_CASE("18 significant bits survive, rounded down") {
  for (const uint64_t exact : {uint64_t{0}, uint64_t{1}, uint64_t{0x3ffff}, uint64_t{0x3ffff} << 46})
    CHECK(through_the_wire(exact) == exact);
  CHECK(through_the_wire(0x40001) == 0x40000);
  CHECK(through_the_wire(~uint64_t{0}) == uint64_t{0x3ffff} << 46);
  Random random(3);
  for (int round = 0; round < 1000; ++round) {
    const uint64_t bitrate = random.u64() >> random.below(64);
    CHECK(through_the_wire(bitrate) <= bitrate);
    CHECK(bitrate - through_the_wire(bitrate) <= bitrate >> 17);
  }
}

TEST_CASE("a bitrate of more than 64 bits is malformed") {
  auto wire = kWire;
  wire[17] = 0xff;
  CHECK(is_malformed(wire));
}

TEST_CASE("a message that counts more sources than it has is malformed") {
  auto wire = kWire;
  wire[16] = 3;
  CHECK(is_malformed(wire));
}

TEST_CASE("other application layer feedback is skipped") {
  auto wire = kWire;
  wire[12] = 'r';
  CHECK_FALSE(Reader(wire).next());
  CHECK_FALSE(is_malformed(wire));
}

TEST_CASE("a maximum bitrate cut behind its name is malformed") {
  for (size_t words = 4; words < 7; ++words) {
    std::vector<uint8_t> wire(kWire.begin(), kWire.begin() + static_cast<int64_t>(words * 4));
    wire[3] = static_cast<uint8_t>(words - 1);
    CHECK(is_malformed(wire));
  }
}

}  // namespace
}  // namespace sfu::rtcp
