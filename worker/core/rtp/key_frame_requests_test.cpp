#include "core/rtp/key_frame_requests.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace sfu::rtp {
namespace {

const Time kNow{100s};

TEST_CASE("the first request is sent at once, those that follow are the same") {
  KeyFrameRequests requests;
  CHECK(requests.deadline() == kNever);
  CHECK(requests.request(kNow, 30ms));
  CHECK_FALSE(requests.request(kNow, 30ms));
  CHECK_FALSE(requests.request(kNow + 50ms, 30ms));
}

TEST_CASE("what is not answered is repeated after 300 ms, 600 ms, then each second") {
  KeyFrameRequests requests;
  requests.request(kNow, 30ms);
  std::vector<Duration> sent;
  for (int i = 0; i < 4; ++i) {
    const Time at = requests.deadline();
    CHECK_FALSE(requests.wake(at - 1us));
    CHECK(requests.wake(at));
    sent.push_back(at - kNow);
  }
  CHECK(sent == std::vector<Duration>{300ms, 900ms, 1900ms, 2900ms});
}

TEST_CASE("a key frame ends the repetition") {
  KeyFrameRequests requests;
  requests.request(kNow, 30ms);
  requests.on_key_frame();
  CHECK(requests.deadline() == kNever);
  CHECK_FALSE(requests.wake(kNow + 10s));
}

TEST_CASE("after an answer the next request waits until the spacing has passed") {
  struct Case {
    Duration delay, rtt, spacing;
  };
  for (const auto& [delay, rtt, spacing] :
       {Case{0ms, 0ms, 100ms}, Case{0ms, 250ms, 250ms}, Case{2s, 30ms, 2s}}) {
    KeyFrameRequests requests(delay);
    requests.request(kNow, rtt);
    requests.on_key_frame();
    CHECK_FALSE(requests.request(kNow + 10ms, rtt));
    CHECK(requests.deadline() == kNow + spacing);
    CHECK_FALSE(requests.wake(kNow + spacing - 1us));
    CHECK(requests.wake(kNow + spacing));
  }
}

TEST_CASE("a request long after the last is sent at once") {
  KeyFrameRequests requests;
  requests.request(kNow, 30ms);
  requests.on_key_frame();
  CHECK(requests.request(kNow + 1s, 30ms));
}

TEST_CASE("repetitions are no closer than a long round trip or the delay") {
  KeyFrameRequests far;
  far.request(kNow, 700ms);
  CHECK(far.deadline() == kNow + 700ms);
  KeyFrameRequests slow(5s);
  slow.request(kNow, 30ms);
  CHECK(slow.deadline() == kNow + 5s);
}

TEST_CASE("a deferred request is answered by a key frame that comes before it is sent") {
  KeyFrameRequests requests;
  requests.request(kNow, 30ms);
  requests.on_key_frame();
  requests.request(kNow + 10ms, 30ms);
  requests.on_key_frame();
  CHECK_FALSE(requests.wake(kNow + 1s));
}

}  // namespace
}  // namespace sfu::rtp
