#include "sim/peer.hpp"

#include <algorithm>

#include "core/rtp/extensions.hpp"
#include "core/rtp/header.hpp"
#include "core/rtp/parse.hpp"
#include "core/rtp/rtx.hpp"
#include "core/stun/message.hpp"

namespace sfu::sim {
namespace {

using rtp::Extension;

constexpr Duration kReportInterval = 1s;

constexpr std::array<rtp::NegotiatedExtension, 4> kExtensions = {
    {{Extension::kMid, 1}, {Extension::kRid, 2}, {Extension::kRepairedRid, 3}, {Extension::kTransportCc, 5}}};

channel::RtpCodecParameters media_codec(bool video) {
  channel::RtpCodecParameters codec;
  codec.mime_type = video ? "video/VP8" : "audio/opus";
  codec.payload_type = video ? Peer::kVideo : Peer::kAudio;
  codec.clock_rate = video ? 90000 : 48000;
  codec.rtcp_feedback = {{"nack", ""}, {"nack", "pli"}, {"transport-cc", ""}};
  return codec;
}

channel::RtpCodecParameters rtx_codec() {
  channel::RtpCodecParameters codec;
  codec.mime_type = "video/rtx";
  codec.payload_type = Peer::kVideoRtx;
  codec.clock_rate = 90000;
  codec.parameters = {{"apt", std::to_string(Peer::kVideo)}};
  return codec;
}

channel::RtpParameters parameters(bool video, bool rtx) {
  channel::RtpParameters rtp;
  rtp.codecs.push_back(media_codec(video));
  if (rtx) rtp.codecs.push_back(rtx_codec());
  for (const auto& [kind, id] : kExtensions)
    rtp.header_extensions.push_back({std::string(rtp::uri_of(kind)), id});
  rtp.rtcp = channel::RtcpParameters{"peer", true};
  return rtp;
}

// A VP8 descriptor with picture id (RFC 7741, 4.2), the frame's first byte, and the frame's number as
// content.
std::vector<uint8_t> vp8_payload(uint16_t picture_id, bool first, bool key, size_t size) {
  std::vector<uint8_t> out = {static_cast<uint8_t>(first ? 0x90 : 0x80), 0x80,
                              static_cast<uint8_t>(0x80 | picture_id >> 8), static_cast<uint8_t>(picture_id),
                              static_cast<uint8_t>(key ? 0x00 : 0x01)};
  const size_t padding = std::max<size_t>(size, out.size() + 2) - out.size();
  out.insert(out.end(), padding, static_cast<uint8_t>(picture_id));
  return out;
}

}  // namespace

size_t ReceivedStream::gaps() const {
  if (packets.empty()) return 0;
  return static_cast<size_t>(packets.rbegin()->first - packets.begin()->first + 1) - packets.size();
}

size_t ReceivedStream::repaired() const {
  return static_cast<size_t>(
      std::ranges::count_if(packets, [](const auto& entry) { return entry.second.repaired; }));
}

Peer::Peer(World& world, uint32_t router, const Options& options)
    : uplink(world.random.u64()),
      downlink(world.random.u64()),
      world_(world),
      options_(options),
      router_(router),
      transport_(world.new_handle()),
      address_(world.new_address()),
      random_(world.random.u64()),
      context_(dtls::Certificate::generate()) {
  world_.enter(*this);
}

Peer::~Peer() { world_.leave(*this); }

bool Peer::connect() {
  channel::CreateWebRtcTransport create{
      .router = router_, .transport = transport_, .ice_consent_timeout = 30};
  if (options_.data)
    create.sctp = channel::SctpOptions{262'144, 262'144, 2'000'000, 2'000'000, 5'242'880, 1024, 1024, 1024};
  create.addresses.push_back({World::kSocket, channel::Protocol::kUdp, "198.51.100.1", 4000});
  const channel::WebRtcTransportCreated created = world_.ask(create);
  ice_.emplace(random_,
               ice::Parameters{created.ice_parameters->username_fragment, created.ice_parameters->password},
               options_.ice);
  std::vector<dtls::Fingerprint> theirs;
  for (const channel::DtlsFingerprint& fingerprint : created.fingerprints)
    theirs.push_back({*dtls::hash_algorithm(fingerprint.algorithm), fingerprint.value});
  dtls_.emplace(context_,
                options_.role == channel::DtlsRole::kClient ? dtls::Role::kClient : dtls::Role::kServer);
  dtls_->set_remote_fingerprints(theirs);

  channel::ConnectWebRtcTransport request{.transport = transport_, .role = options_.role};
  dtls::Fingerprint own = context_.certificate().fingerprints()[2];
  if (options_.wrong_fingerprint) own.value[0] = own.value[0] == 'A' ? 'B' : 'A';
  request.fingerprints.push_back({std::string(dtls::name_of(own.algorithm)), own.value});
  world_.ask(request);
  return world_.run_until([&] { return connected(); }, 5s);
}

void Peer::restart_ice() {
  const channel::IceParameters fresh = world_.ask(channel::RestartIce{transport_});
  ice_->restart({fresh.username_fragment, fresh.password});
}

void Peer::migrate() { address_ = world_.new_address(); }

uint32_t Peer::produce(std::vector<SendingStream> encodings, bool paused) {
  const bool video = encodings[0].video;
  const bool rtx = encodings[0].rtx_ssrc.has_value() || !encodings[0].rid.empty();
  channel::Produce request{.transport = transport_,
                           .producer = world_.new_handle(),
                           .kind = video ? channel::MediaKind::kVideo : channel::MediaKind::kAudio,
                           .rtp_parameters = parameters(video, rtx),
                           .rtp_mapping = channel::RtpMapping{},
                           .paused = paused};
  request.rtp_parameters->mid = encodings[0].mid;
  for (const channel::RtpCodecParameters& codec : request.rtp_parameters->codecs)
    request.rtp_mapping->codecs.push_back({codec.payload_type, codec.payload_type});
  for (SendingStream& stream : encodings) {
    channel::RtpEncodingParameters encoding;
    if (stream.rid.empty()) {
      encoding.ssrc = stream.ssrc;
      if (stream.rtx_ssrc) encoding.rtx = channel::RtxEncoding{*stream.rtx_ssrc};
    } else {
      encoding.rid = stream.rid;
    }
    if (stream.temporal_layers > 1)
      encoding.scalability_mode = "L1T" + std::to_string(stream.temporal_layers);
    request.rtp_parameters->encodings.push_back(encoding);
    stream.payload_type = video ? kVideo : kAudio;
    stream.rtx_payload_type = kVideoRtx;
    stream.clock_rate = video ? 90000 : 48000;
    sending_[stream.ssrc] = std::move(stream);
  }
  world_.ask(request);
  return request.producer;
}

uint32_t Peer::consume(uint32_t producer, bool video, bool rtx, bool paused) {
  channel::Consume request{.transport = transport_,
                           .consumer = world_.new_handle(),
                           .producer = producer,
                           .kind = video ? channel::MediaKind::kVideo : channel::MediaKind::kAudio,
                           .rtp_parameters = parameters(video, rtx),
                           .paused = paused};
  const channel::ProducerDump source = world_.ask(channel::DumpProducer{producer});
  request.type =
      source.streams.size() > 1 ? channel::ConsumerType::kSimulcast : channel::ConsumerType::kSimple;
  channel::RtpEncodingParameters encoding;
  encoding.ssrc = random_.u32();
  if (rtx) encoding.rtx = channel::RtxEncoding{*encoding.ssrc + 1};
  request.rtp_parameters->mid = std::to_string(request.consumer);
  request.rtp_parameters->encodings.push_back(encoding);
  world_.ask(request);
  ReceivedStream& stream = received_[request.consumer];
  stream.ssrc = *encoding.ssrc;
  if (rtx) stream.rtx_ssrc = *encoding.ssrc + 1;
  stream.payload_type = video ? kVideo : kAudio;
  return request.consumer;
}

// ---- sending

void Peer::send_frame(uint32_t ssrc, size_t packets, size_t payload_size) {
  SendingStream& stream = sending_.at(ssrc);
  const bool key = stream.video && std::exchange(stream.key_frame_wanted, false);
  stream.key_frames += key ? 1 : 0;
  stream.picture_id = static_cast<uint16_t>((stream.picture_id + 1) & 0x7fff);
  std::vector<std::vector<uint8_t>> payloads;
  for (size_t i = 0; i < packets; ++i)
    payloads.push_back(stream.video
                           ? vp8_payload(stream.picture_id, i == 0, key, payload_size)
                           : std::vector<uint8_t>(payload_size, static_cast<uint8_t>(stream.index + i)));
  send_frame(ssrc, payloads);
}

void Peer::send_frame(uint32_t ssrc, const std::vector<std::vector<uint8_t>>& payloads) {
  SendingStream& stream = sending_.at(ssrc);
  for (const std::vector<uint8_t>& payload : payloads) {
    const auto sequence = static_cast<uint16_t>(stream.index);
    stream.sent[sequence] = payload;
    stream.timestamps[sequence] = stream.timestamp;
    stream.sent.erase(static_cast<uint16_t>(sequence - SendingStream::kHistory));
    stream.timestamps.erase(static_cast<uint16_t>(sequence - SendingStream::kHistory));
    send_packet(stream, stream.payload_type, stream.ssrc, stream.index++, stream.timestamp,
                &payload == &payloads.back(), payload);
  }
}

void Peer::send_packet(SendingStream& stream, uint8_t payload_type, uint32_t ssrc, uint64_t index,
                       uint32_t timestamp, bool marker, Bytes payload) {
  if (!keys_) return;
  std::vector<uint8_t> out(payload.size() + 256);
  rtp::PacketRef source = pool_.take();
  source->bytes.front() = 0x80;  // no CSRC, no extension
  source->extensions = {};
  rtp::OwnExtensions own{.mid = stream.mid, .transport_sequence = transport_sequence_++};
  (ssrc == stream.ssrc ? own.rid : own.repaired_rid) = stream.rid;
  const rtp::OutgoingHeader header{.payload_type = payload_type,
                                   .marker = marker,
                                   .sequence = static_cast<uint16_t>(index),
                                   .timestamp = timestamp,
                                   .ssrc = ssrc};
  const size_t begin = rtp::write_header(out, header, *source, rtp::ExtensionIds(kExtensions), own);
  const srtp::SealJob job{.keys = keys_.get(),
                          .index = index,
                          .out = out.data(),
                          .header = static_cast<uint16_t>(begin),
                          .payload_size = static_cast<uint16_t>(payload.size()),
                          .payload = payload.data()};
  sealer_.seal(std::span(&job, 1));
  out.resize(begin + payload.size() + srtp::rtp_overhead(keys_->profile()));
  last_sealed_ = out;
  send_raw(out);
}

void Peer::retransmit(SendingStream& stream, uint16_t sequence) {
  ++stream.nacked;
  const auto found = stream.sent.find(sequence);
  if (!options_.answer_nacks || found == stream.sent.end() || !stream.rtx_ssrc) return;
  std::vector<uint8_t> payload = {static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence)};
  payload.insert(payload.end(), found->second.begin(), found->second.end());
  send_packet(stream, stream.rtx_payload_type, *stream.rtx_ssrc, stream.rtx_index++,
              stream.timestamps[sequence], false, payload);
}

void Peer::send_sender_report(uint32_t ssrc) {
  const SendingStream& stream = sending_.at(ssrc);
  std::array<uint8_t, 1500> buffer;
  rtcp::Builder builder(buffer);
  builder.add(rtcp::SenderReport{.ssrc = ssrc,
                                 .ntp = to_ntp(world_.now + 12345s),
                                 .rtp_timestamp = stream.timestamp,
                                 .packets = static_cast<uint32_t>(stream.index),
                                 .octets = 1,
                                 .blocks = {}});
  send_rtcp(builder);
}

void Peer::send_pli(uint32_t consumer) {
  std::array<uint8_t, 1500> buffer;
  rtcp::Builder builder(buffer);
  builder.add(rtcp::Pli{1, received_.at(consumer).ssrc});
  send_rtcp(builder);
}

void Peer::send_nack(uint32_t consumer, uint16_t sequence) {
  std::array<uint8_t, 1500> buffer;
  rtcp::Builder builder(buffer);
  builder.add(rtcp::Nack{1, received_.at(consumer).ssrc, rtcp::LostPackets(std::span(&sequence, 1))});
  send_rtcp(builder);
}

void Peer::send_rtcp(rtcp::Builder& builder) {
  if (!keys_) return;
  std::array<uint8_t, 1500> buffer{};
  std::ranges::copy(builder.written(), buffer.begin());
  send_raw(Bytes(buffer).first(keys_->seal_rtcp(buffer, builder.size())));
}

void Peer::send_raw(Bytes datagram) { world_.send(address_, datagram, uplink); }

// ---- what comes and what is due

Time Peer::deadline() const {
  Time next = ice_ ? ice_->deadline() : kNever;
  if (dtls_) next = std::min(next, dtls_->deadline());
  if (data_) next = std::min(next, data_->deadline());
  if (options_.reports) next = std::min({next, feedback_deadline(), next_report_});
  for (const auto& [consumer, stream] : received_)
    if (stream.nack) next = std::min(next, stream.missing.deadline());
  return next;
}

void Peer::wake() {
  std::array<uint8_t, 256> check;
  if (ice_ && ice_->deadline() <= world_.now)
    if (const size_t size = ice_->wake(world_.now, check)) send_raw(Bytes(check).first(size));
  if (dtls_ && dtls_->deadline() <= world_.now) {
    dtls_->wake(world_.now);
    after_dtls();
  }
  if (data_ && data_->deadline() <= world_.now) after_data();
  send_nacks();
  if (!options_.reports) return;
  if (feedback_deadline() <= world_.now) options_.ccfb ? send_stream_feedback() : send_feedback();
  if (next_report_ <= world_.now) send_receiver_report();
}

void Peer::send_nacks() {
  for (auto& [consumer, stream] : received_) {
    if (!stream.nack || stream.missing.deadline() > world_.now) continue;
    const std::span<const uint16_t> lost = stream.missing.collect(world_.now, options_.rtt);
    if (lost.empty()) continue;
    std::array<uint8_t, 1500> buffer;
    rtcp::Builder builder(buffer);
    builder.add(rtcp::Nack{1, stream.ssrc, rtcp::LostPackets(lost)});
    send_rtcp(builder);
  }
}

void Peer::send_feedback() {
  for (bool more = true; more;) {
    std::array<uint8_t, 1500> buffer;
    rtcp::Builder builder(buffer);
    more = arrivals_.write_feedback(builder, 1);
    if (!builder.empty()) send_rtcp(builder);
  }
}

void Peer::send_stream_feedback() {
  for (const CcfbReport& report : stream_arrivals_.collect(1, world_.now)) {
    std::array<uint8_t, 1500> buffer;
    rtcp::Builder builder(buffer);
    builder.add(report);
    send_rtcp(builder);
  }
}

void Peer::send_receiver_report() {
  next_report_ = world_.now + kReportInterval;
  std::vector<rtcp::ReportBlock> blocks;
  for (auto& [consumer, stream] : received_) {
    if (stream.reception.packets() == 0) continue;
    const rtp::Reception::Report report = stream.reception.report();
    rtcp::ReportBlock block{.ssrc = stream.ssrc,
                            .fraction_lost = report.fraction_lost,
                            .cumulative_lost = report.lost,
                            .highest_sequence = report.extended_highest,
                            .jitter = report.jitter};
    if (stream.mapping) {
      block.last_sr = stream.mapping->ntp.middle();
      block.delay_since_last_sr = to_ntp_middle(world_.now - stream.mapping->arrival);
    }
    blocks.push_back(block);
  }
  if (blocks.empty()) return;
  std::array<uint8_t, 1500> buffer;
  rtcp::Builder builder(buffer);
  builder.add(rtcp::ReceiverReport{1, blocks});
  send_rtcp(builder);
}

void Peer::receive(Bytes datagram) {
  if (datagram.empty()) return;
  if (datagram[0] < 4) {
    const auto answer = stun::Message::parse(datagram);
    if (answer && ice_ && ice_->receive(*answer, world_.now)) start_dtls();
    return;
  }
  if (datagram[0] >= 20 && datagram[0] < 64) {
    if (dtls_) dtls_->receive(datagram, world_.now);
    return after_dtls();
  }
  if (rtcp::is_rtcp(datagram)) return receive_rtcp(datagram);
  receive_rtp(datagram);
}

void Peer::start_dtls() {
  if (!dtls_ || dtls_->state() != dtls::State::kNew || dtls_->role() != dtls::Role::kClient) return;
  dtls_->start(world_.now);
  after_dtls();
}

void Peer::after_dtls() {
  for (const auto& datagram : dtls_->pending()) send_raw(datagram);
  dtls_->pending().clear();
  if (data_) {
    for (const auto& packet : dtls_->received()) data_->receive(packet);
    dtls_->received().clear();
    after_data();
  }
  if (dtls_->state() != dtls::State::kConnected || keys_) return;
  if (options_.data) {
    data_ = std::make_unique<sctp::Association>(sctp::Options{});
    data_->connect();
    after_data();
  }
  const dtls::SrtpKeys& keys = *dtls_->keys();
  keys_ = std::make_unique<srtp::SendKeys>(keys.profile, keys.send, srtp::Backend::kOpenSsl);
  opener_ = std::make_unique<srtp::Opener>(keys.profile, keys.receive, srtp::Backend::kOpenSsl);
}

// Carries away what the association has to say; the datagrams that DTLS makes of it leave at once.
void Peer::after_data() {
  data_->poll(world_.now);
  for (sctp::Message& message : std::exchange(data_->messages(), {})) messages.push_back(std::move(message));
  for (const auto& packet : std::exchange(data_->packets(), {})) (void)dtls_->send(packet);
  for (const auto& datagram : dtls_->pending()) send_raw(datagram);
  dtls_->pending().clear();
}

uint32_t Peer::produce_data(uint16_t stream) {
  return world_
      .ask_for(channel::ProduceData{.transport = transport_,
                                    .data_producer = world_.new_handle(),
                                    .sctp_stream_parameters = channel::SctpStreamParameters{stream, true}})
      .data_producer;
}

uint32_t Peer::consume_data(uint32_t data_producer, uint16_t stream, std::vector<uint32_t> subchannels) {
  return world_
      .ask_for(channel::ConsumeData{.transport = transport_,
                                    .data_consumer = world_.new_handle(),
                                    .data_producer = data_producer,
                                    .sctp_stream_parameters = channel::SctpStreamParameters{stream, true},
                                    .subchannels = std::move(subchannels)})
      .data_consumer;
}

void Peer::receive_rtp(Bytes datagram) {
  if (keep_datagrams) datagrams.emplace_back(datagram.begin(), datagram.end());
  rtp::PacketRef packet = pool_.take();
  packet->size = static_cast<uint16_t>(datagram.size());
  std::ranges::copy(datagram, packet->bytes.begin());
  if (!opener_) return;
  const srtp::Opened opened = opener_->open_rtp(packet->data());
  if (!opened) return;
  packet->size = static_cast<uint16_t>(opened.size());
  if (!rtp::parse(*packet, rtp::ExtensionTable(kExtensions))) return;
  note_arrival(*packet);
  std::optional<HeardPacket> heard = place(*packet);
  if (!heard || !on_heard) return;
  heard->bytes = datagram.size();
  on_heard(*heard);
}

void Peer::note_arrival(const rtp::Packet& packet) {
  if (options_.ccfb)
    stream_arrivals_.on_packet(packet.ssrc, packet.sequence, world_.now);
  else if (const auto sequence = rtp::transport_sequence(packet))
    arrivals_.on_packet(*sequence, world_.now, packet.ssrc);
  if (next_report_ == kNever) next_report_ = world_.now + kReportInterval;
}

// Whose packet it is, and what of it is new; nullopt: nobody's.
std::optional<HeardPacket> Peer::place(rtp::Packet& packet) {
  for (auto& [consumer, stream] : received_) {
    const bool repaired = packet.ssrc == stream.rtx_ssrc;
    if (!repaired && packet.ssrc != stream.ssrc) continue;
    if (repaired) {
      const rtp::Rtx kind = rtp::unwrap_rtx(packet, stream.payload_type, stream.ssrc);
      if (kind == rtp::Rtx::kEmpty) return HeardPacket{consumer, HeardPacket::Kind::kPadding};
      if (kind == rtp::Rtx::kMalformed) return std::nullopt;
    }
    return place(consumer, stream, packet, repaired);
  }
  return std::nullopt;
}

HeardPacket Peer::place(uint32_t consumer, ReceivedStream& stream, rtp::Packet& packet, bool repaired) {
  const int64_t sequence =
      repaired ? stream.order.peek(packet.sequence) : stream.order.unwrap(packet.sequence);
  stream.missing.on_packet(sequence, repaired, world_.now);
  const Bytes payload = packet.payload_bytes();
  if (!repaired)
    stream.reception.on_packet(packet.sequence, packet.timestamp, world_.now,
                               stream.payload_type == kVideo ? 90000 : 48000, packet.size);
  ReceivedStream::Packet kept{packet.timestamp, {}, repaired};
  if (options_.keep_packets) kept.payload.assign(payload.begin(), payload.end());
  const bool fresh = stream.packets.try_emplace(sequence, std::move(kept)).second;
  stream.duplicates += fresh ? 0 : 1;
  while (!options_.keep_packets && stream.packets.size() > ReceivedStream::kWindow)
    stream.packets.erase(stream.packets.begin());
  using enum HeardPacket::Kind;
  return {.consumer = consumer,
          .kind = payload.empty() ? kPadding
                  : !fresh        ? kDuplicate
                  : repaired      ? kRepair
                                  : kMedia,
          .payload = payload};
}

void Peer::receive_rtcp(Bytes datagram) {
  if (!opener_) return;
  std::vector<uint8_t> bytes(datagram.begin(), datagram.end());
  const srtp::Opened opened = opener_->open_rtcp(bytes);
  if (!opened) return;
  rtcp::Reader reader(Bytes(bytes).first(opened.size()));
  while (const auto message = reader.next()) std::visit([&](const auto& m) { on_message(m); }, *message);
  CHECK(!reader.malformed());
}

void Peer::on_message(const auto& message) {
  using Message = std::decay_t<decltype(message)>;
  if constexpr (std::is_same_v<Message, rtcp::Nack>) {
    const auto stream = sending_.find(message.media_ssrc);
    if (stream != sending_.end())
      message.lost.each([&](uint16_t sequence) { retransmit(stream->second, sequence); });
  } else if constexpr (std::is_same_v<Message, rtcp::Pli>) {
    const auto stream = sending_.find(message.media_ssrc);
    if (stream == sending_.end()) return;
    stream->second.key_frame_wanted = true;
    ++stream->second.plis;
  } else if constexpr (std::is_same_v<Message, rtcp::TransportCc>) {
    ++feedbacks;
    message.each(
        [&](const rtcp::TransportCc::Status& status) { feedback_received += status.received ? 1 : 0; });
  } else if constexpr (std::is_same_v<Message, rtcp::Remb>) {
    remb = message.bitrate;
  } else if constexpr (std::is_same_v<Message, rtcp::SenderReport>) {
    for (auto& [consumer, stream] : received_)
      if (stream.ssrc == message.ssrc)
        stream.mapping = rtcp::NtpMapping{message.ntp, message.rtp_timestamp, world_.now};
  }
}

}  // namespace sfu::sim
