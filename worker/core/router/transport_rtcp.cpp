// The RTCP of a transport: what its client reports and asks for, and what we report and ask.
#include <algorithm>

#include "core/bwe/rtt.hpp"
#include "core/router/transport.hpp"

namespace sfu {
namespace {

channel::SrTrace describe(const rtcp::SenderReport& report) {
  return {.ssrc = report.ssrc,
          .ntp_sec = static_cast<uint32_t>(report.ntp.value >> 32),
          .ntp_frac = static_cast<uint32_t>(report.ntp.value),
          .rtp_timestamp = report.rtp_timestamp,
          .packet_count = report.packets,
          .octet_count = report.octets};
}

}  // namespace

// ---- in

void Transport::on_rtcp(rtp::PacketRef packet, const Path& path, Turn& turn) {
  counts_.bytes_received += packet->size;
  receive_rate_.add(packet->size, turn.now);
  if (const auto why = link_.open_rtcp(*packet, path)) return turn.drop(*why);
  follow(path, turn);
  receive_rtcp(packet->data(), turn);
}

void Transport::send_rtcp(Bytes packet, Turn& turn) {
  if (!link_.direct() || !rtcp::is_rtcp(packet)) return turn.drop(Drop::kMalformedRtcp);
  counts_.bytes_received += packet.size();
  receive_rate_.add(packet.size(), turn.now);
  receive_rtcp(packet, turn);
}

void Transport::receive_rtcp(Bytes packet, Turn& turn) {
  rtcp::Reader reader(packet);
  while (const auto message = reader.next())
    std::visit([&](const auto& m) { on_message(m, turn); }, *message);
  if (reader.malformed()) turn.drop(Drop::kMalformedRtcp);
  update_deadline(turn.now);
}

Consumer* Transport::consumer_of(uint32_t ssrc) const {
  Consumer* const* found = consumers_by_ssrc_.find(ssrc);
  return found ? *found : nullptr;
}

InboundStream* Transport::stream_of(uint32_t ssrc) {
  const Demux::Route* route = demux_.find_ssrc(ssrc);
  return route && !route->rtx ? &route->producer->streams()[route->stream] : nullptr;
}

void Transport::on_message(const rtcp::SenderReport& message, Turn& turn) {
  if (InboundStream* stream = stream_of(message.ssrc)) {
    stream->on_sender_report({message.ntp, message.rtp_timestamp, turn.now});
    const Producer& producer = *demux_.find_ssrc(message.ssrc)->producer;
    producer.traces.tell(producer.handle(), Traces::Type::kSr, Traces::Direction::kIn, describe(message),
                         turn);
  }
  on_blocks(message.blocks, turn);
}

void Transport::on_message(const rtcp::ReceiverReport& message, Turn& turn) {
  on_blocks(message.blocks, turn);
}

void Transport::on_blocks(const rtcp::Records<rtcp::ReportBlock>& blocks, Turn& turn) {
  double lost = 0;
  size_t count = 0;
  for (const rtcp::ReportBlock& block : blocks) {
    Consumer* consumer = consumer_of(block.ssrc);
    if (!consumer || consumer->ssrc() != block.ssrc) continue;
    consumer->on_report(block, turn);
    lost += block.fraction_lost / 256.0;
    ++count;
    if (consumer->remote().rtt) rtt_ = consumer->remote().rtt;
  }
  if (count > 0) loss_sent_ = lost / static_cast<double>(count);
}

void Transport::on_message(const rtcp::Bye& message, Turn& turn) {
  for (const uint32_t ssrc : message.ssrcs) {
    const Demux::Route* route = demux_.find_ssrc(ssrc);
    if (route && !route->rtx) route->producer->on_bye(route->stream, turn);
  }
}

void Transport::on_message(const rtcp::Nack& message, Turn& turn) {
  if (Consumer* consumer = consumer_of(message.media_ssrc)) consumer->on_nack(message.lost, turn);
}

void Transport::on_message(const rtcp::Pli& message, Turn& turn) {
  if (Consumer* consumer = consumer_of(message.media_ssrc)) consumer->on_key_frame_request(false, turn);
}

void Transport::on_message(const rtcp::Fir& message, Turn& turn) {
  for (const rtcp::FirRequest& request : message.requests)
    if (Consumer* consumer = consumer_of(request.ssrc)) consumer->on_key_frame_request(true, turn);
}

void Transport::on_message(const rtcp::Xr& message, Turn& turn) {
  if (message.reference_time) remote_reference_ = {message.ssrc, message.reference_time->middle(), turn.now};
  for (const rtcp::Dlrr& dlrr : message.dlrr) {
    if (dlrr.ssrc != own_ssrc_) continue;
    if (const auto rtt = bwe::round_trip(to_ntp(turn.now), dlrr)) rtt_ = rtt;
  }
}

// ---- out

// Fills datagrams until `fill`, called with each new one, says that all is written.
template <class Fill>
void Transport::send_rtcp(Turn& turn, Fill&& fill) {
  if (!ready()) return;
  const link::Route route = link_.rtcp_route();
  if (!route.path && !link_.direct()) return;
  for (bool done = false; !done;) {
    MutableBytes slot = turn.outbox.slot(Outbox::kMaxDatagram);
    rtcp::Builder builder(slot);
    done = fill(builder);
    if (builder.empty()) return;
    const size_t size = route.keys ? route.keys->seal_rtcp(slot, builder.size()) : builder.size();
    if (size == 0) return;
    if (route.path)
      turn.outbox.commit(*route.path, size);
    else if (!turn.controller_behind)
      turn.tell(handle_, channel::RtcpPacket{{slot.begin(), slot.begin() + static_cast<ptrdiff_t>(size)}});
    counts_.bytes_sent += size;
    rtcp_send_rate_.add(size, turn.now);
  }
}

template <class Message>
void Transport::send_rtcp_message(const Message& message, Turn& turn) {
  send_rtcp(turn, [&](rtcp::Builder& builder) {
    builder.add(message);
    return true;
  });
}

// A receiver report of all that comes in, a sender report of each consumer (RFC 3550, 6.4).
void Transport::send_reports(Turn& turn) {
  const Duration jitter(shared_.random.below(static_cast<uint32_t>((kReportInterval / 2).count())));
  timers_.set(Timer::kReports, turn.now + kReportInterval / 2 + jitter);
  send_receiver_reports(turn);
  send_sender_reports(turn);
  for (const auto& producer : producers_) producer->tell_scores(turn);
}

// An encoder that can protect against loss (opus in-band FEC) shall do so for the worst of its listeners.
rtcp::ReportBlock Transport::report(const Producer& producer, InboundStream& stream, Time now) {
  rtcp::ReportBlock block = stream.report(now);
  if (stream.options().in_band_fec)
    block.fraction_lost = std::max(block.fraction_lost, producer.worst_fraction_lost());
  return block;
}

void Transport::send_receiver_reports(Turn& turn) {
  std::vector<rtcp::ReportBlock> blocks;
  for (const auto& producer : producers_)
    for (InboundStream& stream : producer->streams())
      if (stream.known_ssrc() && stream.counts().packets > 0)
        blocks.push_back(report(*producer, stream, turn.now));
  if (blocks.empty() && !remote_reference_) return;
  std::span<const rtcp::ReportBlock> rest = blocks;
  send_rtcp(turn, [&](rtcp::Builder& builder) {
    const auto some = rest.first(std::min(rest.size(), rtcp::kMaxCount));
    builder.add(rtcp::ReceiverReport{own_ssrc_, rtcp::Records<rtcp::ReportBlock>(some)});
    rest = rest.subspan(some.size());
    if (!rest.empty()) return false;
    add_extended_report(builder, turn.now);
    return true;
  });
}

// Our reference time, by whose echo we learn the round trip to a client that only sends; and the echo of his.
void Transport::add_extended_report(rtcp::Builder& builder, Time now) {
  std::vector<rtcp::Dlrr> echo;
  if (remote_reference_)
    echo.push_back({remote_reference_->ssrc, remote_reference_->middle,
                    to_ntp_middle(now - remote_reference_->arrival)});
  rtcp::Xr report{.ssrc = own_ssrc_, .reference_time = {}, .dlrr = rtcp::Records<rtcp::Dlrr>(echo)};
  if (!producers_.empty()) report.reference_time = to_ntp(now);
  builder.add(report);
}

void Transport::send_sender_reports(Turn& turn) {
  size_t next = 0;
  send_rtcp(turn, [&](rtcp::Builder& builder) {
    for (; next < consumers_.size(); ++next) {
      Consumer& consumer = *consumers_[next];
      const rtcp::SdesChunk chunk{consumer.ssrc(), consumer.cname()};
      const rtcp::Sdes description(std::span(&chunk, 1));
      // Both or neither; a compound has its report first (RFC 3550, 6.1).
      if (builder.room() < 28 + 12 + consumer.cname().size() + 4) return false;
      const auto report = consumer.sender_report(turn.now);
      if (!report) continue;
      builder.add(*report);
      builder.add(description);
    }
    return true;
  });
}

void Transport::send_feedback(Turn& turn) {
  send_rtcp(turn, [&](rtcp::Builder& builder) { return !arrivals_.write_feedback(builder, own_ssrc_); });
}

void Transport::send_nacks_and_key_frame_requests(Turn& turn) {
  Time next = kNever;
  for (const auto& producer : producers_) {
    for (InboundStream& stream : producer->streams()) {
      if (!stream.known_ssrc()) continue;
      const std::span<const uint16_t> lost = stream.missing(turn.now, rtt());
      if (!lost.empty()) {
        send_rtcp_message(rtcp::Nack{own_ssrc_, stream.ssrc(), rtcp::LostPackets(lost)}, turn);
        producer->traces.feedback(producer->handle(), Traces::Type::kNack, stream.ssrc(),
                                  Traces::Direction::kOut, turn);
      }
      if (stream.take_needs_key_frame()) producer->request_key_frame(stream.index(), turn);
      if (!producer->is_wanted(stream.index())) stream.key_frames().on_key_frame();
      if (stream.key_frames().wake(turn.now)) send_key_frame_request(*producer, stream, turn);
      next = std::min({next, stream.missing_deadline(), stream.key_frames().deadline()});
    }
  }
  timers_.set(Timer::kProducers, next);
}

void Transport::send_key_frame_request(const Producer& producer, InboundStream& stream, Turn& turn) {
  if (!stream.known_ssrc() || !ready()) return;
  const bool fir = !stream.options().pli && stream.options().fir;
  stream.count_key_frame_request(fir);
  producer.traces.feedback(producer.handle(), fir ? Traces::Type::kFir : Traces::Type::kPli, stream.ssrc(),
                           Traces::Direction::kOut, turn);
  if (!fir) return send_rtcp_message(rtcp::Pli{own_ssrc_, stream.ssrc()}, turn);
  const rtcp::FirRequest request{stream.ssrc(), fir_number_++};
  send_rtcp_message(rtcp::Fir{own_ssrc_, rtcp::Records<rtcp::FirRequest>(std::span(&request, 1))}, turn);
}

// REMB with the limit that the application set; repeated, as RTCP may be lost. When it is lifted the sender
// is told of a limit beyond all links, some times: browsers keep the last one for ever. Then there is no
// REMB.
void Transport::send_bitrate_limit(Turn& turn) {
  const bool limited = max_incoming_bitrate_ != 0;
  if (!limited && lifts_to_tell_ == 0) return timers_.stop(Timer::kBitrateLimit);
  if (!limited) --lifts_to_tell_;
  timers_.set(Timer::kBitrateLimit, turn.now + kBitrateLimitInterval);
  std::vector<uint32_t> ssrcs;
  for (const auto& producer : producers_)
    for (const InboundStream& stream : producer->streams())
      if (stream.known_ssrc()) ssrcs.push_back(stream.ssrc());
  if (ssrcs.empty()) return;
  const uint64_t bitrate = limited ? max_incoming_bitrate_ : UINT32_MAX;
  send_rtcp_message(rtcp::Remb{own_ssrc_, bitrate, rtcp::Records<uint32_t>(ssrcs)}, turn);
}

}  // namespace sfu
