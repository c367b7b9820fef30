#include "core/bwe/alr.hpp"

#include <doctest/doctest.h>

namespace sfu::bwe {
namespace {

struct Application {
  Alr alr;
  Time now{1000s};

  explicit Application(Bitrate estimate) { alr.set_estimate(estimate); }
  bool is_limited_after(Duration span, Bitrate rate, int64_t size = 500) {
    for (const Time end = now + span; now < end; now += rate.time_for(size)) alr.on_sent(size, now);
    return alr.is_limited();
  }
};

TEST_CASE("who sends less than three quarters of the estimate limits himself") {
  struct Row {
    Bitrate rate;
    bool limited;
  };
  for (const auto& [rate, limited] :
       {Row{100_kbps, true}, {600_kbps, true}, {900_kbps, false}, {2_mbps, false}}) {
    Application application(1_mbps);
    CHECK(application.is_limited_after(5s, rate) == limited);
  }
}

TEST_CASE("who sends everything again is not limited any more half a second later") {
  Application application(1_mbps);
  CHECK(application.is_limited_after(10s, 100_kbps));
  CHECK(application.is_limited_after(100ms, 1_mbps));
  CHECK_FALSE(application.is_limited_after(1500ms, 1_mbps));
}

TEST_CASE("a pause between frames is no limit, one of half a second is") {
  Application application(1_mbps);
  CHECK_FALSE(application.is_limited_after(5s, 1_mbps));
  application.now += 100ms;
  CHECK_FALSE(application.is_limited_after(1ms, 1_mbps));
  application.now += 500ms;
  CHECK(application.is_limited_after(1ms, 1_mbps));
}

TEST_CASE("who has sent nothing yet is limited; so is nobody whose estimate is nothing") {
  CHECK(Application(1_mbps).alr.is_limited());
  CHECK_FALSE(Application(0_bps).is_limited_after(100ms, 10_kbps));
}

}  // namespace
}  // namespace sfu::bwe
