#include "core/rtcp/bye.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

const auto kWire = hex("82cb0004 00000001 00000002 04646f6e 65000000");

TEST_CASE("a goodbye names its sources and the reason") {
  const std::vector<uint32_t> ssrcs{1, 2};
  CHECK(written(Bye{.ssrcs = ssrcs, .reason = "done"}) == kWire);
  const auto bye = only<Bye>(kWire);
  CHECK(to_vector(bye.ssrcs) == ssrcs);
  CHECK(bye.reason == "done");
}

TEST_CASE("a goodbye without reason or even source is well-formed") {
  CHECK(only<Bye>(hex("81cb0001 00000001")).reason.empty());
  CHECK(only<Bye>(hex("80cb0000")).ssrcs.empty());
}

TEST_CASE("a goodbye that counts more sources than it has is malformed") {
  CHECK(is_malformed(hex("82cb0001 00000001")));
}

TEST_CASE("a reason longer than its packet is malformed") {
  CHECK(is_malformed(hex("81cb0002 00000001 04646f6e")));
}

TEST_CASE("a goodbye cut anywhere is malformed, or one without a reason") {
  for (size_t size = 1; size < kWire.size(); ++size)
    CHECK(is_malformed({kWire.begin(), kWire.begin() + static_cast<int64_t>(size)}));
}

}  // namespace
}  // namespace sfu::rtcp
