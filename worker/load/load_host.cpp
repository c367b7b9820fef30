#include "load/load_host.hpp"

#include <algorithm>

#include "core/rtcp/compound.hpp"

namespace sfu::load {

Result<channel::Done> LoadHost::handle(const channel::StartSource& request, Turn& turn) {
  if (request.encodings.empty()) return Error::type("encodings must not be empty");
  sources_.emplace_back(request, turn.now);
  return channel::Done{};
}

Result<channel::Done> LoadHost::handle(const channel::StopSource& request, Turn&) {
  std::erase_if(sources_, [&](const Source& source) { return source.producer() == request.producer; });
  return channel::Done{};
}

Result<channel::Done> LoadHost::handle(const channel::StartSink& request, Turn&) {
  sinks_.start(request.consumer);
  return channel::Done{};
}

Result<channel::SinkStats> LoadHost::handle(const channel::TakeSinkStats&, Turn&) { return sinks_.take(); }

std::optional<channel::Reply> LoadHost::answer_more(const channel::Request& request, Turn& turn) {
  return channel::dispatch_load(*this, request, turn);
}

Time LoadHost::own_deadline() const {
  Time next = kNever;
  for (const Source& source : sources_) next = std::min(next, source.deadline());
  return next;
}

void LoadHost::act(Turn& turn) {
  for (Source& source : sources_)
    if (source.deadline() <= turn.now) source.send(sfu(), turn, host::now);
}

void LoadHost::take_own(std::vector<channel::Event>& events) {
  std::erase_if(events, [this](const channel::Event& event) { return takes(event); });
}

bool LoadHost::takes(const channel::Event& event) {
  if (const auto* rtp = std::get_if<channel::RtpPacket>(&event.body); rtp && sinks_.has(event.target)) {
    sinks_.receive(event.target, rtp->packet, Time(Duration(static_cast<int64_t>(rtp->arrival))));
    return true;
  }
  const auto* rtcp = std::get_if<channel::RtcpPacket>(&event.body);
  if (!rtcp) return false;
  bool taken = false;
  const auto ask = [&](uint32_t ssrc) {
    for (Source& source : sources_) taken |= source.want_key_frame(ssrc);
  };
  for (rtcp::Reader reader(rtcp->packet); const auto message = reader.next();) {
    if (const auto* pli = std::get_if<rtcp::Pli>(&*message)) ask(pli->media_ssrc);
    if (const auto* fir = std::get_if<rtcp::Fir>(&*message))
      for (const rtcp::FirRequest& each : fir->requests) ask(each.ssrc);
  }
  return taken;
}

}  // namespace sfu::load
