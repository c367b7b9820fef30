#include "core/rtcp/pli.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

const auto kWire = hex("81ce0002 00000001 0a0b0c0d");

TEST_CASE("a picture loss indication names its stream") {
  CHECK(written(Pli{1, 0x0a0b0c0d}) == kWire);
  CHECK(only<Pli>(kWire).sender_ssrc == 1);
  CHECK(only<Pli>(kWire).media_ssrc == 0x0a0b0c0d);
}

TEST_CASE("a truncated picture loss indication is malformed") { check_truncations(kWire); }

}  // namespace
}  // namespace sfu::rtcp
