#include "core/router/transport.hpp"

#include <algorithm>

#include "core/router/router.hpp"
#include "core/rtp/parse.hpp"
#include "core/rtp/rtx.hpp"

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

void Transport::set_outgoing_bitrates(uint32_t min, uint32_t max) {
  min_outgoing_bitrate_ = min;
  max_outgoing_bitrate_ = max;
}

uint64_t Transport::available_outgoing_bitrate() const {
  if (!remb_) return 0;
  const uint64_t capped =
      max_outgoing_bitrate_ != 0 ? std::min<uint64_t>(*remb_, max_outgoing_bitrate_) : *remb_;
  return std::max<uint64_t>(capped, min_outgoing_bitrate_);
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
    consumers_.push_back(std::move(leg));
  }
  return first;
}

void Transport::remove(const Producer& producer) {
  demux_.remove(&producer);
  std::erase_if(producers_, [&](const auto& owned) { return owned.get() == &producer; });
}

void Transport::remove(const Consumer& consumer) {
  std::erase_if(jobs_, [&](const SendJob& job) { return job.consumer == &consumer; });
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

// ---- sending

void Transport::queue(SendJob job) {
  if (jobs_.empty()) shared_.sending.push_back(this);
  jobs_.push_back(std::move(job));
}

bool Transport::lay_out(Turn& turn, std::vector<srtp::SealJob>& sealing) {
  Sent media, repairs;
  const bool sends = ready();
  const link::Route route = sends ? link_.rtp_route() : link::Route{};
  for (; sends && jobs_done_ < jobs_.size() && !turn.outbox.full(); ++jobs_done_) {
    const SendJob& job = jobs_[jobs_done_];
    const size_t size = lay_out_one(job, route, sealing, turn);
    Sent& sent = job.kind == SendJob::Kind::kRtx ? repairs : media;
    sent.bytes += size;
    sent.packets += size > 0 ? 1 : 0;
  }
  count_sent(media, repairs, turn.now);
  if (sends && jobs_done_ < jobs_.size()) return false;
  jobs_.clear();
  jobs_done_ = 0;
  return true;
}

// One job into one slot: its header, and where its payload is to be encrypted from. The datagram's size; 0
// when it cannot be sent.
size_t Transport::lay_out_one(const SendJob& job, const link::Route& route,
                              std::vector<srtp::SealJob>& sealing, Turn& turn) {
  const Consumer& consumer = *job.consumer;
  const rtp::Packet& packet = *job.packet;
  const bool rtx = job.kind == SendJob::Kind::kRtx;
  const Bytes payload = job.empty ? Bytes{} : packet.payload_bytes();
  const rtp::OutgoingHeader header{.payload_type = consumer.outgoing_payload_type(job),
                                   .marker = job.marker,
                                   .sequence = static_cast<uint16_t>(job.index),
                                   .timestamp = job.timestamp,
                                   .ssrc = rtx ? *consumer.rtx_ssrc() : consumer.ssrc()};
  const std::optional<rtp::OwnExtensions> own = own_extensions(job, turn.now);
  if (!own) return 0;
  MutableBytes slot = turn.outbox.slot(Outbox::kMaxDatagram);
  const size_t begin =
      rtx ? rtp::write_rtx_header(slot, header, job.original_sequence, packet, consumer.extension_ids(), *own)
          : rtp::write_header(slot, header, packet, consumer.extension_ids(), *own);
  const size_t size = begin + payload.size() + route.overhead;
  if (begin == 0 || size > slot.size()) return 0;

  const bool copied = rtx || job.picture || !route.keys;
  if (copied && !payload.empty()) {
    std::memcpy(slot.data() + begin, payload.data(), payload.size());
    if (job.picture) rtp::rewrite_picture(slot.subspan(begin, payload.size()), packet.frame, *job.picture);
  }
  if (!route.path) {  // direct
    if (turn.controller_behind) {
      turn.drop(Drop::kControllerBehind);
      return 0;
    }
    turn.tell(consumer.handle(), channel::RtpPacket{{slot.data(), slot.data() + size}});
    return size;
  }
  if (route.keys) {
    // The header that SRTP leaves open ends before RTX's original sequence number (RFC 4588, 4).
    const size_t open = rtx ? begin - 2 : begin;
    sealing.push_back({.keys = route.keys,
                       .index = job.index,
                       .out = slot.data(),
                       .header = static_cast<uint16_t>(open),
                       .payload_size = static_cast<uint16_t>(begin - open + payload.size()),
                       .payload = copied ? slot.data() + open : payload.data()});
  }
  turn.outbox.commit(*route.path, size);
  return size;
}

// What this hop says in the header. A packet sent again under its own number says what it said at first.
std::optional<rtp::OwnExtensions> Transport::own_extensions(const SendJob& job, Time now) {
  rtp::OwnExtensions own{.mid = job.consumer->mid(),
                         .abs_send_time = rtp::to_abs_send_time(now),
                         .frame_offset = job.frame_offset};
  if (job.kind == SendJob::Kind::kAgain) {
    const SentHeaders::Values* values = job.consumer->sent_headers().find(job.index);
    if (!values) return std::nullopt;
    own.abs_send_time = values->abs_send_time;
    own.transport_sequence = values->transport_sequence;
    return own;
  }
  if (job.consumer->extension_ids()[rtp::Extension::kTransportCc] != 0)
    own.transport_sequence = transport_sequence_++;
  if (job.consumer->repeats_plainly())
    job.consumer->sent_headers().note({job.index, own.abs_send_time, own.transport_sequence});
  return own;
}

void Transport::count_sent(const Sent& media, const Sent& repairs, Time now) {
  counts_.bytes_sent += media.bytes + repairs.bytes;
  counts_.rtp_bytes_sent += media.bytes;
  counts_.rtx_bytes_sent += repairs.bytes;
  if (media.packets > 0) rtp_send_rate_.add(media.bytes, now, media.packets);
  if (repairs.packets > 0) rtx_send_rate_.add(repairs.bytes, now, repairs.packets);
}

}  // namespace sfu
