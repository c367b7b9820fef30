// Whatever a receiver says of the packets that were sent, when, and how often: a packet is told of once, what
// is in flight is never negative, and the estimate is finite and within its limits.
#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "core/base/check.hpp"
#include "core/bwe/estimator.hpp"
#include "core/rtcp/compound.hpp"

using namespace sfu;
using namespace sfu::bwe;

namespace {

constexpr uint32_t kStreams = 4;

class Transport {
 public:
  explicit Transport(Bytes in) : in_(in) { limit(); }

  void run() {
    while (!in_.empty()) {
      switch (number<1>() % 8) {
        case 0:
          limit();
          break;
        case 1:
          estimator_.set_wanted(Bitrate{number<4>()}, now_);
          break;
        case 2:
          estimator_.on_remb(Bitrate{number<4>()}, now_);
          break;
        case 3:
          estimator_.on_rtt(Duration(static_cast<int32_t>(number<4>())));
          break;
        case 4:
          pass();
          break;
        case 5:
          transport_cc();
          break;
        case 6:
          ccfb();
          break;
        default:
          send();
          break;
      }
      check();
    }
  }

 private:
  // 0 where the input has ended.
  template <size_t kSize>
  uint32_t number() {
    uint32_t out = 0;
    const auto bytes = take(in_, kSize);
    if (!bytes) in_ = {};
    for (const uint8_t byte : bytes.value_or(Bytes{})) out = out << 8 | byte;
    return out;
  }
  Bytes some() {
    const size_t size = number<1>();
    return *take(in_, std::min(size, in_.size()));
  }

  void limit() {
    min_ = Bitrate{number<2>() * 1000};
    max_ = Bitrate{number<2>() * 1000};
    estimator_.set_limits(min_, max_, now_);
  }
  void pass() {
    now_ += Duration(number<3>());
    if (estimator_.deadline() > now_) return;
    estimator_.wake(now_);
    CHECK(estimator_.deadline() > now_);
  }
  void send() {
    if (const auto probe = estimator_.take_probe(now_)) {
      CHECK(probe->rate.bps > 0 && probe->bytes >= 0);
      cluster_ = probe->cluster;
    }
    const auto size = static_cast<uint16_t>(number<1>() * 8);
    const Duration apart(number<2>());
    for (uint32_t i = number<1>(); i > 0; --i, now_ += apart) {
      const uint32_t stream = i % kStreams;
      const SentPacket packet{
          .sent = now_, .ssrc = stream, .rtp_sequence = next_[stream]++, .size = size, .probe = cluster_};
      const uint16_t sequence = sent_.add(packet);
      CHECK(sequence == static_cast<uint16_t>(packets_++));
      estimator_.on_sent(packet);
    }
  }

  // Messages whose numbers are near those that were sent, or anywhere.
  void transport_cc() {
    std::array<uint8_t, 16> head{};
    store16(head.data() + 8, static_cast<uint16_t>(packets_ - number<2>()));
    store16(head.data() + 10, static_cast<uint16_t>(number<1>() + 1));
    store32(head.data() + 12, number<4>());
    read(rtcp::TransportCc::kFormat, head, some(), {});
  }
  void ccfb() {
    std::array<uint8_t, 12> head{};
    const uint32_t stream = number<1>() % (kStreams + 1);
    const uint32_t count = number<1>();
    store32(head.data() + 4, stream);
    store16(head.data() + 8, static_cast<uint16_t>(next_[stream % kStreams] - number<1>()));
    store16(head.data() + 10, static_cast<uint16_t>(count));
    std::array<uint8_t, 4> timestamp{};
    store32(timestamp.data(), number<4>());
    std::array<uint8_t, 512> reports{};
    std::ranges::copy(some(), reports.begin());
    read(rtcp::Ccfb::kFormat, head, Bytes(reports).first((count * 2 + 3) / 4 * 4), timestamp);
  }
  void read(uint8_t format, Bytes head, Bytes middle, Bytes tail) {
    std::array<uint8_t, 600> datagram{};
    auto end = datagram.begin() + 4;
    for (const Bytes part : {head, middle, tail}) end = std::ranges::copy(part, end).out;
    const size_t size = (static_cast<size_t>(end - datagram.begin()) + 3) / 4 * 4;
    datagram[0] = 0x80 | format;
    datagram[1] = rtcp::kTransportFeedback;
    store16(datagram.data() + 2, static_cast<uint16_t>(size / 4 - 1));
    rtcp::Reader reader(Bytes(datagram).first(size));
    while (const auto message = reader.next()) {
      if (const auto* feedback = std::get_if<rtcp::TransportCc>(&*message)) hear(*feedback);
      if (const auto* feedback = std::get_if<rtcp::Ccfb>(&*message)) hear(*feedback);
    }
  }
  template <class Feedback>
  void hear(const Feedback& feedback) {
    const auto results = sent_.on_feedback(feedback, now_);
    for (const PacketResult& result : results) note(result);
    if (const auto rtt = sent_.rtt()) CHECK(*rtt >= 0ms);
    estimator_.on_feedback(results, now_);
  }
  void note(const PacketResult& result) {
    CHECK(result.sent.sent <= now_);
    auto& told = told_[{result.sent.ssrc, result.sent.rtp_sequence, result.sent.sent}];
    CHECK(!told.received);
    CHECK(result.was_lost == (result.arrived.has_value() && told.lost));
    CHECK(result.arrived.has_value() || !told.lost);
    (result.arrived ? told.received : told.lost) = true;
    if (result.arrived) CHECK(std::chrono::abs(*result.arrived - now_) <= ReceiverTimeline::kPlausible);
  }

  void check() const {
    CHECK(sent_.bytes_in_flight() >= 0);
    CHECK(sent_.bytes_in_flight() <= sent_.capacity() * 65'535);
    const Bitrate estimate = estimator_.estimate();
    CHECK(estimate >= std::min(min_, max_ > Bitrate{} ? max_ : min_));
    CHECK(max_ == Bitrate{} || estimate <= max_);
    CHECK(estimate.bps >= 0 && estimate <= kUnlimited);
    CHECK(estimator_.pacing_rate() >= estimate);
    CHECK(estimator_.loss() >= 0 && estimator_.loss() <= 1);
  }

  struct Told {
    bool received = false;
    bool lost = false;
  };

  Bytes in_;
  Time now_{Duration(1h)};
  SentPackets sent_;
  Estimator estimator_;
  Bitrate min_, max_;
  uint32_t packets_ = 0;
  int32_t cluster_ = 0;
  std::array<uint16_t, kStreams> next_{};
  std::map<std::tuple<uint32_t, uint16_t, Time>, Told> told_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Transport(Bytes(data, size)).run();
  return 0;
}
