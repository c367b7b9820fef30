#include "bench/viewer.hpp"

#include <algorithm>
#include <array>

#include "bench/source.hpp"
#include "core/rtcp/packet.hpp"
#include "core/rtp/parse.hpp"
#include "host/host.hpp"

namespace sfu::bench {
namespace {

using rtp::Extension;

constexpr std::array<rtp::NegotiatedExtension, 2> kRead = {
    {{Extension::kAbsSendTime, kAbsSendTimeId}, {Extension::kTransportCc, kTransportCcId}}};

constexpr uint32_t kOwnSsrc = 1;

// The time on our own clock that was sent as abs-send-time and arrived then: 24 bits of 1/2^18 s.
Time sent_at(uint32_t abs_send_time, Time arrived) {
  const uint32_t age = (rtp::to_abs_send_time(arrived) - abs_send_time) & 0xffffff;
  return arrived - Duration(static_cast<int64_t>(age) * 1'000'000 / (1 << 18));
}

}  // namespace

Viewer::Viewer(WorkerLoop& worker, const dtls::Context& context, std::span<const uint32_t> producers,
               const Options& options)
    : options_(options), extensions_(kRead) {
  Client client(worker, socket_, context);
  profile_ = client.keys().profile;
  send_keys_.emplace(profile_, client.keys().send);
  opener_.emplace(profile_, client.keys().receive, srtp::Backend::kOpenSsl);
  transport_ = client.transport();
  for (const uint32_t producer : producers) streams_.push_back({client.consume(producer, options.feedback)});
  socket_.stamp_arrivals();
  if (options_.feedback == Feedback::kTransportWide) due_ = host::now() + options_.phase;
}

void Viewer::read() {
  Time arrived{};
  while (const size_t size = socket_.receive(packet_->bytes, arrived)) {
    packet_->size = static_cast<uint16_t>(size);
    if (!rtcp::is_rtcp(packet_->data())) note(arrived);
  }
}

void Viewer::note(Time arrived) {
  const uint16_t size = packet_->size;
  const srtp::Opened opened = opener_->open_rtp(packet_->data());
  CHECK(static_cast<bool>(opened));
  packet_->size = static_cast<uint16_t>(opened.size());
  CHECK(rtp::parse(*packet_, extensions_));
  if (const auto sequence = rtp::transport_sequence(*packet_))
    arrivals_.on_packet(*sequence, arrived, packet_->ssrc);
  if (options_.keeps) {
    const uint32_t turn = *rtp::abs_send_time(*packet_);
    packets_.push_back({turn, sent_at(turn, arrived), arrived, size});
  }
  const auto stream = std::ranges::find(streams_, packet_->ssrc, &Stream::ssrc);
  if (stream == streams_.end()) return;  // RTX: a probe
  ++media_packets_;
  std::swap(packet_, stream->last);
}

void Viewer::feed_back(const Address& worker, Time now) {
  while (due_ <= now) due_ += kTick;
  if (arrivals_.deadline() > now) return;
  std::array<uint8_t, rtcp::Builder::kMaxSize + 64> datagram;
  for (bool more = true; more;) {
    rtcp::Builder builder(datagram);
    more = arrivals_.write_feedback(builder, kOwnSsrc);
    const size_t size = send_keys_->seal_rtcp(datagram, builder.size());
    socket_.send(worker, Bytes(datagram).first(size));
  }
}

Bytes Viewer::last_content(size_t producer) const {
  return streams_[producer].last->payload_bytes().subspan(Source::kDescriptor);
}

}  // namespace sfu::bench
