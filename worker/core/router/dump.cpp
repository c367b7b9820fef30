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
          .score = stream.score()};
}

StreamStats inbound(InboundStream& stream, MediaKind kind, Duration rtt, Time now) {
  const InboundStream::Options& options = stream.options();
  const InboundStream::Counts& counts = stream.counts();
  return {.type = StreamDirection::kInboundRtp,
          .ssrc = stream.ssrc(),
          .rtx_ssrc = options.rtx_ssrc,
          .rid = text_or_nothing(options.rid),
          .kind = kind,
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
          .round_trip_time = seconds(rtt) * 1000,
          .score = stream.score(),
          .bitrate_by_layer = {}};
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
  for (const auto& transport : router.transports()) {
    out.transports.push_back(transport->handle());
    for (const auto& producer : transport->producers()) {
      ProducerConsumers entry{.producer = producer->handle()};
      for (const Consumer* consumer : producer->consumers) entry.consumers.push_back(consumer->handle());
      out.producers.push_back(std::move(entry));
    }
  }
  return out;
}

TransportDump dump(const Transport& transport) {
  TransportDump out{.ice_state = transport.link().ice_state(),
                    .ice_selected_tuple = transport.link().selected_tuple(),
                    .dtls_state = transport.link().dtls_state()};
  for (const auto& producer : transport.producers()) out.producers.push_back(producer->handle());
  for (const auto& consumer : transport.consumers()) out.consumers.push_back(consumer->handle());
  if (const auto profile = transport.link().profile()) out.srtp_profile = name_of(*profile);
  transport.demux().each_ssrc([&](uint32_t ssrc, const Demux::Route& route) {
    out.ssrc_table.push_back({ssrc, route.producer->handle()});
  });
  for (const rtp::NegotiatedExtension& extension : transport.receive_extensions())
    out.recv_rtp_header_extensions.push_back({std::string(rtp::uri_of(extension.kind)), extension.id});
  return out;
}

ProducerDump dump(const Producer& producer) {
  ProducerDump out{.paused = producer.paused()};
  for (const InboundStream& stream : producer.streams()) out.streams.push_back(dump_stream(stream));
  return out;
}

ConsumerDump dump(const Consumer& consumer) {
  ConsumerDump out{.paused = consumer.paused(),
                   .producer_paused = consumer.producer().paused(),
                   .preferred_layers = consumer.preferred_layers(),
                   .target_layers = consumer.target_layers(),
                   .current_layers = consumer.current_layers()};
  for (uint32_t i = 0; i < 128; ++i)
    if (consumer.supported_payload_types()[i]) out.supported_codec_payload_types.push_back(i);
  out.stream = StreamDump{.ssrc = consumer.ssrc(),
                          .payload_type = consumer.payload_type(),
                          .mime_type = consumer.mime_type(),
                          .clock_rate = consumer.clock_rate(),
                          .rtx_ssrc = consumer.rtx_ssrc(),
                          .rtx_payload_type = consumer.rtx_payload_type(),
                          .use_nack = consumer.uses_nack(),
                          .use_pli = consumer.uses_pli(),
                          .use_fir = consumer.uses_fir(),
                          .score = consumer.own_score()};
  return out;
}

WebRtcTransportCreated describe(const Transport& transport, const CreateWebRtcTransport& request,
                                const dtls::Certificate& certificate) {
  const ice::Parameters& ice = transport.link().ice().parameters();
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
                     .ice_state = transport.link().ice_state(),
                     .ice_selected_tuple = transport.link().selected_tuple(),
                     .dtls_state = transport.link().dtls_state()};
  if (const auto remb = transport.remb()) out.available_outgoing_bitrate = whole(*remb);
  if (transport.max_incoming_bitrate() != 0) out.max_incoming_bitrate = transport.max_incoming_bitrate();
  return out;
}

StreamStatsList stats(Producer& producer, Time now) {
  StreamStatsList out;
  for (InboundStream& stream : producer.streams())
    if (stream.counts().packets > 0)
      out.streams.push_back(inbound(stream, producer.kind(), producer.transport().rtt(), now));
  return out;
}

StreamStatsList stats(Consumer& consumer, Time now) {
  const Consumer::Counts& counts = consumer.counts();
  const Consumer::Remote& remote = consumer.remote();
  StreamStats own{.type = StreamDirection::kOutboundRtp,
                  .ssrc = consumer.ssrc(),
                  .rtx_ssrc = consumer.rtx_ssrc(),
                  .kind = consumer.producer().kind(),
                  .mime_type = consumer.mime_type(),
                  .packet_count = counts.packets,
                  .byte_count = counts.bytes,
                  .bitrate = whole(consumer.bitrate(now)),
                  .packets_lost = remote.lost,
                  .fraction_lost = remote.fraction_lost,
                  .jitter = static_cast<double>(remote.jitter),
                  .packets_discarded = 0,
                  .packets_retransmitted = counts.retransmitted,
                  .packets_repaired = counts.retransmitted,
                  .nack_count = counts.nacks,
                  .nack_packet_count = counts.nacked_packets,
                  .pli_count = counts.plis,
                  .fir_count = counts.firs,
                  .score = consumer.own_score()};
  if (remote.rtt) own.round_trip_time = seconds(*remote.rtt) * 1000;
  StreamStatsList out;
  out.streams.push_back(std::move(own));
  if (const auto current = consumer.current_layer())
    out.streams.push_back(inbound(consumer.producer().streams()[*current], consumer.producer().kind(),
                                  consumer.producer().transport().rtt(), now));
  return out;
}

}  // namespace sfu
