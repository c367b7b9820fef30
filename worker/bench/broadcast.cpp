#include "bench/broadcast.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "host/host.hpp"

namespace sfu::bench {
namespace {

constexpr srtp::Profile kProfile = srtp::Profile::kAeadAes128Gcm;

}  // namespace

Broadcast::Broadcast(const Options& options) {
  const dtls::Context context(dtls::Certificate::generate(), std::span(&kProfile, 1));
  std::vector<uint32_t> producers;
  for (size_t i = 0; i < options.producers; ++i) {
    Publisher& publisher = publishers_.emplace_back();
    Client client(loop_, publisher.socket, context);
    producers.push_back(client.produce());
    publisher.source = std::make_unique<Source>(kProfile, client.keys().send);
  }
  for (size_t i = 0; i < options.viewers; ++i) {
    // Clients do not give their feedback at the same moment.
    const Duration phase = bwe::Arrivals::kShortInterval * i / options.viewers;
    viewers_.emplace_back(loop_, context, producers, Viewer::Options{options.feedback, phase, options.keeps});
    if (options.keeps) loop_.watch(viewers_.back().transport());
  }
}

void Broadcast::send_frame(size_t producer, const Frame& frame) {
  const Publisher& publisher = publishers_[producer];
  packets_sent_ += publisher.source->send_frame(publisher.socket, loop_.local(), frame.bytes, frame.key);
}

uint64_t Broadcast::packets_forwarded() const {
  uint64_t sum = 0;
  for (const Viewer& viewer : viewers_) sum += viewer.media_packets();
  return sum;
}

void Broadcast::count_anew() {
  packets_sent_ = 0;
  for (Viewer& viewer : viewers_) viewer.count_anew();
}

bool Broadcast::is_complete() const {
  const auto has_last_of_each = [&](const Viewer& viewer) {
    for (size_t i = 0; i < publishers_.size(); ++i)
      if (!std::ranges::equal(viewer.last_content(i), publishers_[i].source->content())) return false;
    return true;
  };
  return std::ranges::all_of(viewers_, [&](const Viewer& viewer) {
    return viewer.media_packets() == packets_sent_ && has_last_of_each(viewer);
  });
}

std::vector<Bitrate> Broadcast::estimates() {
  std::vector<Bitrate> all;
  for (const Viewer& viewer : viewers_) {
    const auto stats = loop_.ask(channel::GetTransportStats{viewer.transport()});
    if (stats.available_outgoing_bitrate) all.push_back({int64_t{*stats.available_outgoing_bitrate}});
  }
  return all;
}

void Audience::add(Broadcast& broadcast) {
  for (Viewer& viewer : broadcast.viewers()) {
    poll_.watch(viewer.socket().fd(), seats_.size());
    seats_.push_back({&broadcast, &viewer});
  }
}

void Audience::attend(Time until) {
  for (Time now = host::now(); now < until; now = host::now()) {
    Time next = until;
    for (const Seat& seat : seats_) {
      if (seat.viewer->feedback_due() <= now) seat.viewer->feed_back(seat.broadcast->address(), now);
      next = std::min(next, seat.viewer->feedback_due());
    }
    const auto sleep = std::chrono::ceil<std::chrono::milliseconds>(std::max<Duration>(next - now, 0ms));
    poll_.each_ready(static_cast<int>(sleep.count()), [&](size_t seat) { seats_[seat].viewer->read(); });
  }
}

}  // namespace sfu::bench
