#include "core/router/dump.hpp"

#include "core/ice/candidate.hpp"

namespace sfu {
namespace {

using namespace channel;

std::string_view name_of(srtp::Backend backend) {
  switch (backend) {
    case srtp::Backend::kIpsecMb:
      return "intel-ipsec-mb";
    case srtp::Backend::kOpenSsl:
      return "openssl";
    case srtp::Backend::kLibsrtp:
      return "libsrtp";
  }
  return "";
}

std::string_view name_of(srtp::Profile profile) {
  switch (profile) {
    case srtp::Profile::kAeadAes128Gcm:
      return "AEAD_AES_128_GCM";
    case srtp::Profile::kAeadAes256Gcm:
      return "AEAD_AES_256_GCM";
    case srtp::Profile::kAesCm128HmacSha1_80:
      return "AES_CM_128_HMAC_SHA1_80";
    case srtp::Profile::kAesCm128HmacSha1_32:
      return "AES_CM_128_HMAC_SHA1_32";
  }
  return "";
}

std::optional<std::string> text_or_nothing(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

uint32_t whole(uint64_t bitrate) { return static_cast<uint32_t>(std::min<uint64_t>(bitrate, 0xffffffff)); }

StreamDump dump_stream(const InboundStream& stream) {
  const InboundStream::Options& options = stream.options();
  return {.encoding_idx = stream.index(),
          .ssrc = stream.ssrc(),
          .payload_type = options.payload_type,
          .mime_type = options.mime_type,
          .clock_rate = options.clock_rate,
          .rid = text_or_nothing(options.rid),
          .rtx_ssrc = options.rtx_ssrc,
          .rtx_payload_type = options.rtx_payload_type,
          .use_nack = options.nack,
          .use_pli = options.pli,
          .use_fir = options.fir,
          .score = stream.score(),
          .use_in_band_fec = options.in_band_fec,
          .use_dtx = options.dtx,
          .spatial_layers = options.spatial_layers,
          .temporal_layers = options.temporal_layers};
}

// Of what a consumer sends, as much as it takes from the stream behind it.
StreamDump dump_leg(const Consumer& leg) {
  const InboundStream& source = leg.producer().streams()[leg.source_index()];
  return {.encoding_idx = leg.source_index(),
          .ssrc = leg.ssrc(),
          .payload_type = leg.payload_type(),
          .mime_type = leg.mime_type(),
          .clock_rate = leg.clock_rate(),
          .rtx_ssrc = leg.rtx_ssrc(),
          .rtx_payload_type = leg.rtx_payload_type(),
          .use_nack = leg.uses_nack(),
          .use_pli = leg.uses_pli(),
          .use_fir = leg.uses_fir(),
          .score = leg.own_score(),
          .use_in_band_fec = source.options().in_band_fec,
          .use_dtx = source.options().dtx,
          .spatial_layers = leg.spatial_layers(),
          .temporal_layers = source.options().temporal_layers};
}

std::vector<std::pair<std::string, std::string>> bitrate_by_layer(InboundStream& stream, Time now) {
  std::vector<std::pair<std::string, std::string>> out;
  for (InboundStream::Layer& layer : stream.layers())
    out.push_back({std::to_string(layer.spatial) + "." + std::to_string(layer.temporal),
                   std::to_string(layer.rate.bits_per_second(now))});
  return out;
}

StreamStats inbound(InboundStream& stream, const Producer& producer, Time now) {
  const InboundStream::Options& options = stream.options();
  const InboundStream::Counts& counts = stream.counts();
  const std::optional<Duration> rtt = producer.transport().measured_rtt();
  return {.type = StreamDirection::kInboundRtp,
          .ssrc = stream.ssrc(),
          .rtx_ssrc = options.rtx_ssrc,
          .rid = text_or_nothing(options.rid),
          .kind = producer.kind(),
          .mime_type = options.mime_type,
          .packet_count = counts.packets,
          .byte_count = counts.bytes,
          .bitrate = whole(stream.bitrate(now)),
          .packets_lost = stream.reception().lost(),
          .fraction_lost = stream.fraction_lost(),
          .jitter = static_cast<double>(stream.reception().jitter()),
          .packets_discarded = counts.discarded,
          .packets_retransmitted = counts.retransmitted,
          .packets_repaired = counts.repaired,
          .nack_count = counts.nacks,
          .nack_packet_count = counts.nacked_packets,
          .pli_count = counts.plis,
          .fir_count = counts.firs,
          .round_trip_time = rtt ? std::optional(seconds(*rtt) * 1000) : std::nullopt,
          .score = stream.score(),
          .bitrate_by_layer = bitrate_by_layer(stream, now),
          .rtx_packets_discarded = counts.rtx_discarded};
}

}  // namespace

WorkerDump dump(const Shared& shared, const Drops& drops) {
  WorkerDump out{.srtp_backend = std::string(name_of(shared.backend)),
                 .packets_in_use = shared.packets.in_use()};
  shared.routers.each([&](uint32_t handle, const Router*) { out.routers.push_back(handle); });
  for (size_t i = 0; i < static_cast<size_t>(Drop::kCount); ++i)
    out.drops.push_back({std::string(name_of(static_cast<Drop>(i))), drops.of(static_cast<Drop>(i))});
  return out;
}

RouterDump dump(const Router& router) {
  RouterDump out;
  for (const auto& observer : router.observers()) out.rtp_observers.push_back(observer->handle());
  for (const auto& transport : router.transports()) {
    out.transports.push_back(transport->handle());
    for (const auto& producer : transport->producers()) {
      ProducerConsumers entry{.producer = producer->handle()};
      for (const Consumer* consumer : producer->consumers)
        if (consumer->is_first_leg()) entry.consumers.push_back(consumer->handle());
      out.producers.push_back(std::move(entry));
      ProducerConsumers heard{.producer = producer->handle()};
      for (const RtpObserver* observer : producer->observers) heard.consumers.push_back(observer->handle());
      if (!heard.consumers.empty()) out.observed.push_back(std::move(heard));
    }
    for (const auto& producer : transport->data().producers()) {
      ProducerConsumers entry{.producer = producer->handle()};
      for (const DataConsumer* consumer : producer->consumers) entry.consumers.push_back(consumer->handle());
      out.data_producers.push_back(std::move(entry));
    }
  }
  return out;
}

TransportDump dump(const Transport& transport) {
  TransportDump out;
  if (const link::WebRtc* link = transport.link().webrtc()) {
    out.ice_state = link->ice_state();
    out.ice_selected_tuple = link->selected_tuple();
    out.dtls_state = link->dtls_state();
    if (const auto profile = link->profile()) out.srtp_profile = name_of(*profile);
  }
  if (const link::Plain* link = transport.link().plain()) {
    out.tuple = link->tuple();
    out.rtcp_tuple = link->rtcp_tuple();
  }
  for (const auto& producer : transport.producers()) out.producers.push_back(producer->handle());
  for (const auto& consumer : transport.consumers())
    if (consumer->is_first_leg()) out.consumers.push_back(consumer->handle());
  transport.demux().each_ssrc([&](uint32_t ssrc, const Demux::Route& route) {
    out.ssrc_table.push_back({ssrc, route.producer->handle()});
  });
  for (const rtp::NegotiatedExtension& extension : transport.receive_extensions())
    out.recv_rtp_header_extensions.push_back({std::string(rtp::uri_of(extension.kind)), extension.id});
  for (const auto& producer : transport.data().producers()) {
    out.data_producers.push_back(producer->handle());
    if (producer->stream()) out.stream_id_table.push_back({*producer->stream(), producer->handle()});
  }
  for (const auto& consumer : transport.data().consumers()) out.data_consumers.push_back(consumer->handle());
  if (const sctp::Association* association = transport.data().association()) {
    out.sctp_state = static_cast<channel::SctpState>(association->state());
    if (association->state() == sctp::State::kConnected) {
      out.sctp_max_outbound_streams = association->max_outbound_streams();
      out.sctp_max_inbound_streams = association->max_inbound_streams();
    }
  }
  return out;
}

ProducerDump dump(const Producer& producer) {
  ProducerDump out{.paused = producer.paused()};
  for (const InboundStream& stream : producer.streams()) out.streams.push_back(dump_stream(stream));
  return out;
}

ConsumerDump dump(const Consumer& first_leg) {
  const bool layered = first_leg.layered();
  ConsumerDump out{.paused = first_leg.paused(),
                   .producer_paused = first_leg.producer().paused(),
                   .preferred_layers = first_leg.preferred_layers(),
                   .target_layers = layered ? to_channel(first_leg.target_layers()) : std::nullopt,
                   .current_layers = layered ? to_channel(first_leg.current_layers()) : std::nullopt,
                   .priority = first_leg.allocation().weight,
                   .allocation = write_allocation(first_leg.allocation())};
  for (uint32_t i = 0; i < 128; ++i)
    if (first_leg.supported_payload_types()[i]) out.supported_codec_payload_types.push_back(i);
  for (const Consumer* leg = &first_leg; leg; leg = leg->next_leg()) out.streams.push_back(dump_leg(*leg));
  return out;
}

DataConsumerDump dump(const DataConsumer& consumer) {
  return {.paused = consumer.paused(),
          .data_producer_paused = consumer.producer().paused(),
          .buffered_amount_low_threshold = static_cast<uint32_t>(consumer.low_threshold()),
          .subchannels = {consumer.subchannels().begin(), consumer.subchannels().end()}};
}

WebRtcTransportCreated describe(const link::WebRtc& link, const CreateWebRtcTransport& request,
                                const dtls::Certificate& certificate) {
  const ice::Parameters& ice = link.ice().parameters();
  WebRtcTransportCreated out{.ice_parameters = IceParameters{ice.ufrag, ice.password, true}};
  std::vector<ice::Listening> listening;
  for (const ListenAddress& address : request.addresses)
    listening.push_back(
        {static_cast<sfu::Protocol>(address.protocol), address.address, static_cast<uint16_t>(address.port)});
  for (const ice::Candidate& candidate :
       ice::host_candidates(listening, {.udp = request.prefer_udp, .tcp = request.prefer_tcp})) {
    IceCandidate entry{.foundation = candidate.foundation,
                       .priority = candidate.priority,
                       .address = candidate.address,
                       .protocol = static_cast<channel::Protocol>(candidate.protocol),
                       .port = candidate.port,
                       .type = IceCandidateType::kHost};
    if (candidate.protocol == sfu::Protocol::kTcp) entry.tcp_type = IceTcpType::kPassive;
    out.ice_candidates.push_back(std::move(entry));
  }
  for (const dtls::Fingerprint& fingerprint : certificate.fingerprints())
    out.fingerprints.push_back({std::string(dtls::name_of(fingerprint.algorithm)), fingerprint.value});
  return out;
}

TransportStats stats(Transport& transport, Time now) {
  const Transport::Counts& counts = transport.counts();
  TransportStats out{.bytes_received = counts.bytes_received,
                     .recv_bitrate = whole(transport.receive_bitrate(now)),
                     .bytes_sent = counts.bytes_sent,
                     .send_bitrate = whole(transport.send_bitrate(now)),
                     .rtp_bytes_received = counts.rtp_bytes_received,
                     .rtp_recv_bitrate = whole(transport.rtp_receive_bitrate(now)),
                     .rtp_bytes_sent = counts.rtp_bytes_sent,
                     .rtp_send_bitrate = whole(transport.rtp_send_bitrate(now)),
                     .rtx_bytes_received = counts.rtx_bytes_received,
                     .rtx_recv_bitrate = whole(transport.rtx_receive_bitrate(now)),
                     .rtx_bytes_sent = counts.rtx_bytes_sent,
                     .rtx_send_bitrate = whole(transport.rtx_send_bitrate(now)),
                     .rtp_packet_loss_received = transport.loss_received(),
                     .rtp_packet_loss_sent = transport.loss_sent(),
                     .probation_bytes_sent = counts.probation_bytes_sent,
                     .probation_send_bitrate = whole(transport.probation_send_bitrate(now))};
  if (const auto available = transport.available_outgoing_bitrate(now))
    out.available_outgoing_bitrate = whole(static_cast<uint64_t>(available->bps));
  if (const uint32_t bitrate = transport.max_incoming_bitrate()) out.max_incoming_bitrate = bitrate;
  if (const uint32_t bitrate = transport.max_outgoing_bitrate()) out.max_outgoing_bitrate = bitrate;
  if (const uint32_t bitrate = transport.min_outgoing_bitrate()) out.min_outgoing_bitrate = bitrate;
  if (const sctp::Association* association = transport.data().association())
    out.sctp_state = static_cast<channel::SctpState>(association->state());
  if (const link::WebRtc* link = transport.link().webrtc()) {
    out.ice_state = link->ice_state();
    out.ice_selected_tuple = link->selected_tuple();
    out.dtls_state = link->dtls_state();
  }
  if (const link::Plain* link = transport.link().plain()) {
    out.tuple = link->tuple();
    out.rtcp_tuple = link->rtcp_tuple();
  }
  return out;
}

StreamStatsList stats(Producer& producer, Time now) {
  StreamStatsList out;
  for (InboundStream& stream : producer.streams())
    if (stream.counts().packets > 0) out.streams.push_back(inbound(stream, producer, now));
  return out;
}

namespace {

StreamStats outbound(Consumer& leg, Time now) {
  const Consumer::Counts& counts = leg.counts();
  const Consumer::Remote& remote = leg.remote();
  StreamStats out{.type = StreamDirection::kOutboundRtp,
                  .ssrc = leg.ssrc(),
                  .rtx_ssrc = leg.rtx_ssrc(),
                  .kind = leg.producer().kind(),
                  .mime_type = leg.mime_type(),
                  .packet_count = counts.packets,
                  .byte_count = counts.bytes,
                  .bitrate = whole(leg.bitrate(now)),
                  .packets_lost = remote.lost,
                  .fraction_lost = remote.fraction_lost,
                  .jitter = static_cast<double>(remote.jitter),
                  .packets_retransmitted = counts.retransmitted,
                  .packets_repaired = counts.retransmitted,
                  .nack_count = counts.nacks,
                  .nack_packet_count = counts.nacked_packets,
                  .pli_count = counts.plis,
                  .fir_count = counts.firs,
                  .score = leg.own_score()};
  if (remote.rtt) out.round_trip_time = seconds(*remote.rtt) * 1000;
  return out;
}

}  // namespace

// What it sends; and unless it is a pipe, the stream that this comes from.
StreamStatsList stats(Consumer& first_leg, Time now) {
  StreamStatsList out;
  for (Consumer* leg = &first_leg; leg; leg = leg->next_leg()) out.streams.push_back(outbound(*leg, now));
  Producer& producer = first_leg.producer();
  const auto current = first_leg.current_layer();
  if (current && first_leg.type() != ConsumerType::kPipe)
    out.streams.push_back(inbound(producer.streams()[*current], producer, now));
  return out;
}

DataProducerStats stats(const DataProducer& producer) {
  return {producer.counts().messages, producer.counts().bytes};
}

DataConsumerStats stats(const DataConsumer& consumer) {
  return {consumer.counts().messages, consumer.counts().bytes, static_cast<uint32_t>(consumer.buffered())};
}

void add_stats(const Router& router, Time now, AllStats& out) {
  for (const auto& transport : router.transports()) {
    out.transports.push_back({transport->handle(), stats(*transport, now)});
    for (const auto& producer : transport->producers())
      out.producers.push_back({producer->handle(), stats(*producer, now).streams});
    for (const auto& consumer : transport->consumers())
      if (consumer->is_first_leg())
        out.consumers.push_back({consumer->handle(), stats(*consumer, now).streams});
    for (const auto& producer : transport->data().producers())
      out.data_producers.push_back({producer->handle(), stats(*producer)});
    for (const auto& consumer : transport->data().consumers())
      out.data_consumers.push_back({consumer->handle(), stats(*consumer)});
  }
}

}  // namespace sfu
