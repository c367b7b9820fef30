// 10,000 requests for layers of each codec, among losses, repairs, reordering, key frames that come late and
// streams that vanish and return.
#include <doctest/doctest.h>

#include <array>

#include "sim/layer_call.hpp"

namespace sfu::sim {
namespace {

using Codec = Mode::Codec;
constexpr std::array kModes = {
    Mode{"VP8 simulcast", Codec::kVp8, Mode::Layers::kSimulcast},
    Mode{"VP8 simulcast with dependency descriptors", Codec::kVp8, Mode::Layers::kSimulcast, true},
    Mode{"H264 simulcast", Codec::kH264, Mode::Layers::kSimulcast, false, false, 1},
    Mode{"H264 simulcast with dependency descriptors", Codec::kH264, Mode::Layers::kSimulcast, true},
    Mode{"H265 simulcast", Codec::kH265, Mode::Layers::kSimulcast},
    Mode{"VP9 simulcast", Codec::kVp9, Mode::Layers::kSimulcast},
    Mode{"VP9 simulcast, flexible mode", Codec::kVp9, Mode::Layers::kSimulcast, false, true},
    Mode{"VP9 L3T3", Codec::kVp9, Mode::Layers::kFullSvc},
    Mode{"VP9 L3T3, flexible mode", Codec::kVp9, Mode::Layers::kFullSvc, false, true},
    Mode{"VP9 L3T3_KEY", Codec::kVp9, Mode::Layers::kKSvc},
    Mode{"VP9 L3T3_KEY, flexible mode", Codec::kVp9, Mode::Layers::kKSvc, false, true},
    Mode{"VP9 S3T3", Codec::kVp9, Mode::Layers::kIndependent},
    Mode{"AV1 simulcast", Codec::kAv1, Mode::Layers::kSimulcast, true},
    Mode{"AV1 simulcast without descriptors", Codec::kAv1, Mode::Layers::kSimulcast},
    Mode{"AV1 L3T3", Codec::kAv1, Mode::Layers::kFullSvc, true},
    Mode{"AV1 L3T3_KEY", Codec::kAv1, Mode::Layers::kKSvc, true},
    Mode{"AV1 S3T3", Codec::kAv1, Mode::Layers::kIndependent, true},
};

}  // namespace

TEST_CASE("whatever is asked for and lost, what is sent on can be decoded, and its numbers have no gaps") {
  constexpr size_t kRuns = 25, kRounds = 4, kRequests = 100;
  for (const Mode& mode : kModes) {
    SUBCASE(std::string(mode.name).c_str()) {
      for (uint64_t seed = 1; seed <= kRuns; ++seed) {
        LayerCall call(mode, seed, 4);
        for (size_t i = 0; i < kRounds; ++i) call.run(kRequests);
        const std::vector<std::string> faults = call.faults();
        for (size_t i = 0; i < std::min<size_t>(faults.size(), 5); ++i)
          MESSAGE("seed " << seed << ": " << faults[i]);
        CHECK(faults.size() == 0);
      }
    }
  }
}

}  // namespace sfu::sim
