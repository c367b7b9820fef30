#include "sim/stream_arrivals.hpp"

#include "core/rtcp/ccfb.hpp"

namespace sfu::sim {
namespace {

constexpr uint16_t kReceived = 0x8000;
constexpr int64_t kLongest = 0x1ffd;  // 1/1024 s
constexpr uint16_t kLonger = 0x1ffe;

uint16_t metric(Time arrival, Time now) {
  if (arrival == kNever) return 0;
  const int64_t offset = (now - arrival).count() * 1024 / 1'000'000;
  return static_cast<uint16_t>(kReceived | (offset > kLongest ? kLonger : offset));
}

}  // namespace

void CcfbReport::write(ByteWriter& out) const {
  rtcp::write_packet(out, rtcp::kTransportFeedback, rtcp::Ccfb::kFormat, [&] {
    out.u32(sender_ssrc);
    out.u32(ssrc);
    out.u16(begin_sequence);
    out.u16(static_cast<uint16_t>(arrivals.size()));
    for (const Time arrival : arrivals) out.u16(metric(arrival, at));
    out.zeros(arrivals.size() % 2 * 2);
    out.u32(to_ntp(at).middle());
  });
}

void StreamArrivals::on_packet(uint32_t ssrc, uint16_t sequence, Time now) {
  Stream& stream = streams_[ssrc];
  const int64_t number = stream.order.unwrap(sequence);
  const bool fresh = stream.arrived.try_emplace(number, now).second;
  if (fresh) stream.owed = std::min(stream.owed, number);
  if (fresh && deadline_ == kNever) deadline_ = now + kInterval;
}

std::vector<CcfbReport> StreamArrivals::collect(uint32_t sender_ssrc, Time now) {
  std::vector<CcfbReport> out;
  for (auto& [ssrc, stream] : streams_) {
    if (stream.owed == INT64_MAX) continue;
    const int64_t newest = *stream.order.newest();
    const int64_t first = std::max(stream.owed, newest - kRemembered + 1);
    CcfbReport& report = out.emplace_back(CcfbReport{sender_ssrc, ssrc, static_cast<uint16_t>(first)});
    report.at = now;
    for (int64_t number = first; number <= newest; ++number) {
      const auto at = stream.arrived.find(number);
      report.arrivals.push_back(at != stream.arrived.end() ? at->second : kNever);
    }
    stream.arrived.erase(stream.arrived.begin(), stream.arrived.lower_bound(newest - kRemembered));
    stream.owed = INT64_MAX;
  }
  deadline_ = kNever;
  return out;
}

}  // namespace sfu::sim
