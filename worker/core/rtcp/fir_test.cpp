#include "core/rtcp/fir.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

const auto kWire = hex("84ce0006 00000001 00000000 00000002 07000000 00000003 ff000000");

TEST_CASE("a full intra request numbers its request to each stream") {
  const std::vector<FirRequest> requests{{2, 7}, {3, 255}};
  CHECK(written(Fir{1, requests}) == kWire);
  CHECK(only<Fir>(kWire).sender_ssrc == 1);
  CHECK(to_vector(only<Fir>(kWire).requests) == requests);
}

TEST_CASE("a full intra request to nobody, or with half an entry, is malformed") {
  CHECK(is_malformed(hex("84ce0002 00000001 00000000")));
  CHECK(is_malformed(hex("84ce0003 00000001 00000000 00000002")));
}

TEST_CASE("a truncated full intra request is malformed") {
  check_truncations(hex("84ce0004 00000001 00000000 00000002 07000000"));
}

}  // namespace
}  // namespace sfu::rtcp
