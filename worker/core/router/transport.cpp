#include "core/router/transport.hpp"

#include <algorithm>

#include "core/router/router.hpp"
#include "core/rtp/parse.hpp"

namespace sfu {
namespace {

link::WebRtc::Options link_options(const channel::CreateWebRtcTransport& request, srtp::Backend backend) {
  return {.owner = request.transport,
          .consent_timeout = std::chrono::seconds(request.ice_consent_timeout),
          .backend = backend,
          .addresses = request.addresses};
}

link::Plain::Options link_options(const channel::CreatePlainTransport& request, srtp::Backend backend) {
  return {.owner = request.transport,
          .address = *request.address,
          .rtcp_address = request.rtcp_address,
          .comedia = request.comedia,
          .suite = request.srtp_crypto_suite,
          .backend = backend};
}

}  // namespace

Transport::Transport(const channel::CreateWebRtcTransport& request, Router& router, Shared& shared)
    : handle_(request.transport),
      router_(router),
      shared_(shared),
      link_(std::in_place_type<link::WebRtc>, link_options(request, shared.backend), *shared.dtls,
            shared.random),
      data_(handle_, link_, request.sctp, TransportData::Carries::kMessages),
      initial_bitrate_{request.initial_available_outgoing_bitrate},
      own_ssrc_(shared.random.u32() | 1) {
  enter_tables();
}

Transport::Transport(const channel::CreatePlainTransport& request, Router& router, Shared& shared)
    : handle_(request.transport),
      router_(router),
      shared_(shared),
      link_(std::in_place_type<link::Plain>, link_options(request, shared.backend), shared.random),
      data_(handle_, link_, request.sctp,
            request.pipe ? TransportData::Carries::kMessagesWithSubchannels
                         : TransportData::Carries::kMessages),
      own_ssrc_(shared.random.u32() | 1) {
  enter_tables();
}

Transport::Transport(const channel::CreateDirectTransport& request, Router& router, Shared& shared)
    : handle_(request.transport),
      router_(router),
      shared_(shared),
      link_(std::in_place_type<link::Direct>),
      data_(handle_, link_, request.max_send_message_size, request.max_receive_message_size),
      own_ssrc_(shared.random.u32() | 1) {
  enter_tables();
}

void Transport::enter_tables() {
  shared_.transports[handle_] = this;
  if (const link::WebRtc* way = link_.webrtc())
    for (const ice::UfragKey key : way->ice().keys()) shared_.ufrags[key] = this;
  if (const link::Plain* way = link_.plain())
    for (const uint32_t socket : way->sockets()) shared_.sockets[socket] = this;
}

Transport::~Transport() {
  shared_.deadlines.remove(*this);
  shared_.transports.erase(handle_);
  shared_.ufrags.erase_if([&](ice::UfragKey, Transport* owner) { return owner == this; });
  shared_.paths.erase_if([&](const Path&, Transport* owner) { return owner == this; });
  if (const link::Plain* way = link_.plain())
    for (const uint32_t socket : way->sockets()) shared_.sockets.erase(socket);
  std::erase(shared_.sending, this);
}

// ---- datagrams

void Transport::on_stun(const stun::Message& message, const Path& path, Turn& turn) {
  if (link::WebRtc* way = link_.webrtc()) apply(way->on_stun(message, path, turn), turn);
}

void Transport::on_dtls(Bytes datagram, const Path& path, Turn& turn) {
  link::WebRtc* way = link_.webrtc();
  if (!way) return turn.drop(Drop::kNotAProtocol);
  counts_.bytes_received += datagram.size();
  receive_rate_.add(datagram.size(), turn.now);
  apply(way->on_dtls(datagram, path, turn), turn);
  if (dtls::Datagrams* packets = way->received_data()) {
    for (const std::vector<uint8_t>& packet : *packets) data_.on_packet(packet, turn);
    packets->clear();
  }
  update_deadline(turn.now);
}

void Transport::on_other(Bytes datagram, const Path& path, Turn& turn) {
  const link::Plain* way = link_.plain();
  if (!way || !data_.has_sctp()) return turn.drop(Drop::kNotAProtocol);
  counts_.bytes_received += datagram.size();
  receive_rate_.add(datagram.size(), turn.now);
  if (!way->protects()) follow(path, turn);
  if (!way->is_remote(path)) return turn.drop(Drop::kUnknownPath);
  data_.on_packet(datagram, turn);
  update_deadline(turn.now);
}

void Transport::on_disconnected(const Path& path, Turn& turn) {
  if (link::WebRtc* way = link_.webrtc()) apply(way->disconnected(path, turn), turn);
}

// The path of one RTP packet, from the wire to every subscriber.
void Transport::on_rtp(rtp::PacketRef packet, const Path& path, Turn& turn) {
  counts_.bytes_received += packet->size;
  receive_rate_.add(packet->size, turn.now);
  if (const auto why = link_.open_rtp(*packet, path)) return turn.drop(*why);  // authentic, fresh, decrypted
  follow(path, turn);
  if (const Demux::Route* route = find_route(*packet, turn)) receive(*route, std::move(packet), turn);
  update_deadline(turn.now);
}

const Demux::Route* Transport::find_route(rtp::Packet& packet, Turn& turn) {
  if (!rtp::parse(packet, extension_table_)) {
    turn.drop(Drop::kMalformedRtp);
    return nullptr;
  }
  if (const auto sequence = rtp::transport_sequence(packet))  // the feedback owes the sender this one
    arrivals_.on_packet(*sequence, packet.arrival, packet.ssrc);
  const Demux::Route* route = demux_.find(packet);  // SSRC, else MID and RID
  if (!route) turn.drop(Drop::kUnknownSsrc);
  return route;
}

void Transport::receive(const Demux::Route& route, rtp::PacketRef packet, Turn& turn) {
  count_received(*packet, route.rtx, turn.now);
  Producer& producer = *route.producer;
  InboundStream* stream = producer.receive(packet, route, turn);  // loss, RTX, NACK, statistics
  if (!stream) return;
  for (Consumer* consumer : producer.consumers)
    consumer->forward(packet, *stream, turn);  // choose the layer, renumber, queue
  if (stream->explains_others(*packet)) producer.forward_described(*stream, turn);
}

// What the controller sends is in no batch that a socket brought: it gets its slot here.
void Transport::send_rtp(const Producer& producer, Bytes bytes, Turn& turn) {
  if (!link_.direct()) return turn.drop(Drop::kNotAProtocol);
  const rtp::PacketRef packet = slot_of(bytes, turn);
  if (!packet) return turn.drop(Drop::kTooLarge);
  const Demux::Route* route = find_route(*packet, turn);
  if (!route) return;
  if (route->producer != &producer) return turn.drop(Drop::kUnknownSsrc);
  receive(*route, packet, turn);
  update_deadline(turn.now);
}

rtp::PacketRef Transport::slot_of(Bytes bytes, Turn& turn) {
  if (bytes.size() > rtp::Packet::kCapacity) return {};
  counts_.bytes_received += bytes.size();
  receive_rate_.add(bytes.size(), turn.now);
  rtp::PacketRef packet = shared_.packets.take();
  packet->size = static_cast<uint16_t>(bytes.size());
  packet->arrival = turn.now;
  std::copy(bytes.begin(), bytes.end(), packet->bytes.begin());
  return packet;
}

void Transport::follow(const Path& path, Turn& turn) {
  if (!link_.path() || !(*link_.path() == path)) apply(link_.follow(path, turn), turn);
}

void Transport::count_received(const rtp::Packet& packet, bool rtx, Time now) {
  (rtx ? counts_.rtx_bytes_received : counts_.rtp_bytes_received) += packet.size;
  (rtx ? rtx_receive_rate_ : rtp_receive_rate_).add(packet.size, now);
}

void Transport::wake(Turn& turn) {
  if (link_.deadline() <= turn.now) apply(link_.wake(turn), turn);
  while (const auto timer = timers_.take(turn.now)) {
    switch (*timer) {
      case Timer::kReports:
        send_reports(turn);
        break;
      case Timer::kProducers:
        send_nacks_and_key_frame_requests(turn);
        break;
      case Timer::kSilence:
        check_silence(turn);
        break;
      case Timer::kBitrateLimit:
        send_bitrate_limit(turn);
        break;
      case Timer::kFeedback:
        send_feedback(turn);
        break;
      case Timer::kData:
        data_.wake(turn);
        break;
      case Timer::kPacer:
        ask_to_send();
        break;
      case Timer::kCongestion:
        congestion_->wake(turn.now);
        on_estimate(turn);
        break;
      case Timer::kSharing:
        share_out(turn);
        break;
      case Timer::kCount:
        break;
    }
  }
  update_deadline(turn.now);
}

void Transport::check_silence(Turn& turn) {
  for (const auto& producer : producers_) producer->on_silence_check(turn);
  if (!producers_.empty()) timers_.set(Timer::kSilence, turn.now + kSilenceInterval);
}

void Transport::update_deadline(Time now) {
  timers_.set(Timer::kFeedback, ready() ? arrivals_.deadline() : kNever);
  timers_.set(Timer::kData, data_.deadline());
  timers_.set(Timer::kCongestion, congestion_ ? congestion_->deadline() : kNever);
  // Never in the past: a wake that could do nothing must not be asked for again at once.
  const Time next = std::min(link_.deadline(), timers_.deadline());
  shared_.deadlines.set(*this, next == kNever ? kNever : std::max(next, now));
}

void Transport::wake_producers_by(Time at) {
  if (at < timers_.at(Timer::kProducers)) timers_.set(Timer::kProducers, at);
}

// ---- the link's changes

void Transport::apply(const link::Changes& changes, Turn& turn) {
  if (changes.added) shared_.paths[*changes.added] = this;
  // A NAT may have given the address to another client meanwhile, whose path it is now.
  if (changes.removed)
    if (Transport** owner = shared_.paths.find(*changes.removed); owner && *owner == this)
      shared_.paths.erase(*changes.removed);
  if (changes.retired) shared_.ufrags.erase(*changes.retired);
  if (ready() != was_ready_) on_ready_changed(turn);
  data_.on_link_changed(turn);
  update_deadline(turn.now);
}

void Transport::on_ready_changed(Turn& turn) {
  was_ready_ = ready();
  if (was_ready_) timers_.set(Timer::kReports, turn.now + kReportInterval / 4);
  if (was_ready_ && max_incoming_bitrate_ != 0) timers_.set(Timer::kBitrateLimit, turn.now);
  for (const auto& consumer : consumers_) consumer->on_transport_changed(turn);
}

// ---- the controller

Result<channel::DtlsRole> Transport::connect(const channel::ConnectWebRtcTransport& request, Turn& turn) {
  link::WebRtc* way = link_.webrtc();
  if (!way) return Error::type("transport " + std::to_string(handle_) + " is no WebRTC transport");
  Result<channel::DtlsRole> role = way->connect(request.role, request.fingerprints, turn);
  on_link_changed(turn);
  return role;
}

Result<channel::PlainTransportConnected> Transport::connect(const channel::ConnectPlainTransport& request,
                                                            Turn& turn) {
  link::Plain* way = link_.plain();
  if (!way) return Error::type("transport " + std::to_string(handle_) + " is no plain or pipe transport");
  Result<channel::PlainTransportConnected> connected = way->connect(request);
  on_link_changed(turn);
  return connected;
}

Result<channel::IceParameters> Transport::restart_ice() {
  link::WebRtc* way = link_.webrtc();
  if (!way) return Error::type("transport " + std::to_string(handle_) + " is no WebRTC transport");
  if (const auto unused = way->ice().restart(shared_.random)) shared_.ufrags.erase(*unused);
  for (const ice::UfragKey key : way->ice().keys()) shared_.ufrags[key] = this;
  const ice::Parameters& parameters = way->ice().parameters();
  return channel::IceParameters{parameters.ufrag, parameters.password, true};
}

// Every socket of ours that can reach a candidate is a path to it.
Result<channel::Done> Transport::dial(const channel::DialWebRtcTransport& request, Turn& turn) {
  link::WebRtc* way = link_.webrtc();
  if (!way) return Error::type("transport " + std::to_string(handle_) + " is no WebRTC transport");
  if (!request.ice_parameters) return Error::type("iceParameters is missing");
  if (way->dials() && !request.ice_candidates.empty())
    return Error::type("iceCandidates must be left out: the transport dials already");
  std::vector<Path> paths;
  for (const channel::IceCandidate& candidate : request.ice_candidates) {
    if (candidate.protocol != channel::Protocol::kUdp) continue;
    const auto remote = Address::parse(candidate.address, static_cast<uint16_t>(candidate.port));
    if (!remote) continue;
    for (const uint32_t socket : way->udp_sockets(remote->v6))
      paths.push_back({socket, Protocol::kUdp, *remote});
  }
  if (paths.empty() && !way->dials())
    return Error::type("iceCandidates has none that a UDP socket of the transport can reach");
  for (const Path& path : paths)
    if (shared_.paths.contains(path))
      return Error::type("iceCandidates: another transport speaks with " + path.remote.text() +
                         " from the same port");
  for (const Path& path : paths) shared_.paths[path] = this;
  way->dial({request.ice_parameters->username_fragment, request.ice_parameters->password}, paths, turn);
  on_link_changed(turn);
  return channel::Done{};
}

void Transport::set_max_incoming_bitrate(uint32_t bitrate, Turn& turn) {
  if (bitrate == 0 && max_incoming_bitrate_ != 0) lifts_to_tell_ = kLiftsTold;
  max_incoming_bitrate_ = bitrate;
  send_bitrate_limit(turn);
  update_deadline(turn.now);
}

Result<Producer*> Transport::add(std::unique_ptr<Producer> producer) {
  if (const auto taken = demux_.add(producer->section()))
    return Error::type("rtpParameters: another producer of this transport has the same " +
                       std::string(*taken));
  for (const rtp::NegotiatedExtension& extension : producer->extensions()) {
    std::erase_if(receive_extensions_, [&](const auto& known) { return known.id == extension.id; });
    receive_extensions_.push_back(extension);
  }
  extension_table_ = rtp::ExtensionTable(receive_extensions_);
  producers_.push_back(std::move(producer));
  timers_.set_if_stopped(Timer::kSilence, Time{});
  return producers_.back().get();
}

Result<Consumer*> Transport::add(std::vector<std::unique_ptr<Consumer>> legs) {
  Consumer* const first = legs.front().get();
  for (const auto& leg : legs)
    for (const std::optional<uint32_t> ssrc : {std::optional(leg->ssrc()), leg->rtx_ssrc()})
      if (ssrc && consumers_by_ssrc_.contains(*ssrc))
        return Error::type("rtpParameters.encodings: another consumer of this transport has the same ssrc");
  for (auto& leg : legs) {
    consumers_by_ssrc_[leg->ssrc()] = leg.get();
    if (leg->rtx_ssrc()) consumers_by_ssrc_[*leg->rtx_ssrc()] = leg.get();
    expect_feedback(*leg);
    consumers_.push_back(std::move(leg));
  }
  return first;
}

void Transport::expect_feedback(const Consumer& consumer) {
  if (!consumer.shares_bandwidth()) return;
  control_congestion();
  if (consumer.in_feedback()) congestion_->expect_feedback();
}

void Transport::control_congestion() {
  if (congestion_) return;
  congestion_ = std::make_unique<Congestion>(initial_bitrate_);
  congestion_->estimator().set_limits({min_outgoing_bitrate_}, {max_outgoing_bitrate_}, Time{});
}

void Transport::remove(const Producer& producer) {
  demux_.remove(&producer);
  std::erase_if(producers_, [&](const auto& owned) { return owned.get() == &producer; });
}

void Transport::remove(const Consumer& consumer) {
  queue_.remove(consumer);
  consumers_by_ssrc_.erase(consumer.ssrc());
  if (consumer.rtx_ssrc()) consumers_by_ssrc_.erase(*consumer.rtx_ssrc());
  std::erase_if(consumers_, [&](const auto& owned) { return owned.get() == &consumer; });
}

void Transport::close(Turn& turn) {
  data_.close(turn);
  link_.close(turn);
}

double Transport::loss_received() const {
  uint64_t expected = 0, lost = 0;
  for (const auto& producer : producers_)
    for (const InboundStream& stream : producer->streams()) {
      expected += static_cast<uint64_t>(stream.reception().expected());
      lost += static_cast<uint64_t>(std::max<int64_t>(stream.reception().lost(), 0));
    }
  return expected == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(expected);
}

}  // namespace sfu
