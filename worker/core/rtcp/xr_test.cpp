#include "core/rtcp/xr.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

const auto kReferenceTime = hex("80cf0004 00000001 04000002 e5f60718 80000000");
const auto kDlrr =
    hex("80cf0008 00000001 05000006"
        "00000002 07188000 00010000 00000003 00000000 00000000");

TEST_CASE("a receiver tells its reference time") {
  CHECK(written(Xr{.ssrc = 1, .reference_time = Ntp{0xe5f6071880000000}, .dlrr = {}}) == kReferenceTime);
  const auto xr = only<Xr>(kReferenceTime);
  CHECK(xr.ssrc == 1);
  CHECK(xr.reference_time == Ntp{0xe5f6071880000000});
  CHECK(xr.dlrr.empty());
}

TEST_CASE("the answer names each receiver's last reference time and the delay since") {
  const std::vector<Dlrr> dlrr{{2, 0x07188000, 0x10000}, {3, 0, 0}};
  CHECK(written(Xr{.ssrc = 1, .reference_time = {}, .dlrr = dlrr}) == kDlrr);
  CHECK(to_vector(only<Xr>(kDlrr).dlrr) == dlrr);
  CHECK_FALSE(only<Xr>(kDlrr).reference_time);
}

TEST_CASE("other blocks are skipped") {
  const auto wire = hex("80cf0007 00000001 07000001 ffffffff 63000000 04000002 00000001 00000002");
  CHECK(only<Xr>(wire).reference_time == Ntp{0x0000000100000002});
}

TEST_CASE("an extended report may have no blocks") { CHECK_FALSE(is_malformed(hex("80cf0001 00000001"))); }

TEST_CASE("a block longer than its packet is malformed") {
  CHECK(is_malformed(hex("80cf0003 00000001 63000002 00000000")));
  CHECK(is_malformed(hex("80cf0002 00000001 6300ffff")));
}

TEST_CASE("a block of the wrong length for its kind is malformed") {
  CHECK(is_malformed(hex("80cf0003 00000001 04000001 00000000")));
  CHECK(is_malformed(hex("80cf0005 00000001 04000003 00000000 00000000 00000000")));
  CHECK(is_malformed(hex("80cf0003 00000001 05000001 00000000")));
}

TEST_CASE("an extended report cut anywhere is malformed") {
  for (const auto& wire : {kReferenceTime, kDlrr})
    for (size_t size = 1; size < wire.size(); ++size)
      CHECK(is_malformed({wire.begin(), wire.begin() + static_cast<int64_t>(size)}));
}

}  // namespace
}  // namespace sfu::rtcp
