#include "core/link/webrtc.hpp"

#include <algorithm>
#include <string>

namespace sfu::link {
namespace {

channel::IceState to_channel(ice::State state) { return static_cast<channel::IceState>(state); }
static_assert(static_cast<int>(ice::State::kClosed) == static_cast<int>(channel::IceState::kClosed));

channel::IceDisconnectReason to_channel(ice::DisconnectReason reason) {
  return reason == ice::DisconnectReason::kTcpClosed ? channel::IceDisconnectReason::kTcpClosed
                                                     : channel::IceDisconnectReason::kConsentExpired;
}

std::vector<dtls::Fingerprint> to_dtls(const std::vector<channel::DtlsFingerprint>& fingerprints) {
  std::vector<dtls::Fingerprint> out;
  for (const channel::DtlsFingerprint& fingerprint : fingerprints) {
    std::string value = fingerprint.value;
    std::ranges::transform(value, value.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const auto algorithm = dtls::hash_algorithm(fingerprint.algorithm))
      out.push_back({*algorithm, value});
  }
  return out;
}

}  // namespace

WebRtc::WebRtc(const Options& options, const dtls::Context& context, Random& random)
    : options_(options), context_(context), random_(random), ice_(random, options.consent_timeout) {}

// ---- the controller

Result<channel::DtlsRole> WebRtc::connect(channel::DtlsRole remote,
                                          const std::vector<channel::DtlsFingerprint>& fingerprints,
                                          Turn& turn) {
  if (told_) return Error::type("dtlsParameters: connect() was already called");
  std::vector<dtls::Fingerprint> known = to_dtls(fingerprints);
  if (known.empty()) return Error::type("dtlsParameters.fingerprints has none with a known algorithm");
  told_ = true;
  fingerprints_ = std::move(known);
  // RFC 8842, 5.3: an 'auto' remote may be either; we then are the client.
  const dtls::Role role = remote == channel::DtlsRole::kClient ? dtls::Role::kServer : dtls::Role::kClient;
  if (dtls_ && dtls_->role() != role) dtls_.reset();
  if (!dtls_) dtls_.emplace(context_, role);
  dtls_->set_remote_fingerprints(fingerprints_);
  start_dtls(turn);
  after_dtls(turn);
  return role == dtls::Role::kClient ? channel::DtlsRole::kClient : channel::DtlsRole::kServer;
}

void WebRtc::dial(const ice::Parameters& remote, const std::vector<Path>& paths, Turn& turn) {
  if (dial_)
    dial_->restart(remote);
  else
    dial_.emplace(random_, ice_.parameters().ufrag, remote, paths, options_.consent_timeout);
  dial_->wake(turn);
}

std::vector<uint32_t> WebRtc::udp_sockets(bool v6) const {
  std::vector<uint32_t> out;
  for (const channel::ListenAddress& own : options_.addresses)
    if (own.protocol == channel::Protocol::kUdp && (own.address.find(':') != std::string::npos) == v6)
      out.push_back(own.socket);
  return out;
}

void WebRtc::close(Turn& turn) {
  if (dtls_ && dtls_->state() == dtls::State::kConnected) {
    dtls_->close();
    flush_dtls(turn);
  }
  ice_.close();
}

// ---- datagrams

Changes WebRtc::on_stun(const stun::Message& message, const Path& from, Turn& turn) {
  if (message.type == stun::Class::kSuccess || message.type == stun::Class::kError) {
    const std::optional<Path> before = path() ? std::optional(*path()) : std::nullopt;
    if (dial_ && dial_->receive(message, from, turn.now))
      after_dial(before, turn);
    else
      turn.drop(Drop::kUnknownUfrag);
    return {};
  }
  MutableBytes slot = turn.outbox.slot(Outbox::kMaxDatagram);
  const ice::Outcome outcome = ice_.receive(message, from, turn.now, slot);
  if (outcome.response_size > 0) turn.outbox.commit(from, outcome.response_size);
  if (outcome.drop) turn.drop(*outcome.drop);
  return apply(outcome, turn);
}

// A client may say hello before signalling has told us who it is: the handshake goes on, and media waits.
Changes WebRtc::on_dtls(Bytes datagram, const Path& from, Turn& turn) {
  if (!dtls_) dtls_.emplace(context_, dtls::Role::kServer);
  if (!dtls_->receive(datagram, turn.now)) turn.drop(Drop::kMalformedDtls);
  after_dtls(turn);
  return dtls_->state() == dtls::State::kConnected ? follow(from, turn) : Changes{};
}

std::optional<Drop> WebRtc::open_rtp(rtp::Packet& packet) {
  if (!opener_) return Drop::kNoKeys;
  const srtp::Opened opened = opener_->open_rtp(packet.data());
  if (!opened) return opened.why();
  packet.size = static_cast<uint16_t>(opened.size());
  return std::nullopt;
}

std::optional<Drop> WebRtc::open_rtcp(rtp::Packet& packet) {
  if (!opener_) return Drop::kNoKeys;
  const srtp::Opened opened = opener_->open_rtcp(packet.data());
  if (!opened) return opened.why();
  packet.size = static_cast<uint16_t>(opened.size());
  return std::nullopt;
}

// Authentic traffic from another validated pair than the selected one.
Changes WebRtc::follow(const Path& from, Turn& turn) {
  if (dial_ || !path() || *path() == from) return {};
  return apply(ice_.migrate(from, turn.now), turn);
}

Time WebRtc::deadline() const {
  return std::min({ice_.deadline(), dial_ ? dial_->deadline() : kNever, dtls_ ? dtls_->deadline() : kNever});
}

Changes WebRtc::wake(Turn& turn) {
  if (dtls_ && dtls_->deadline() <= turn.now) {
    dtls_->wake(turn.now);
    after_dtls(turn);
  }
  if (dial_ && dial_->deadline() <= turn.now) {
    const std::optional<Path> before = path() ? std::optional(*path()) : std::nullopt;
    dial_->wake(turn);
    after_dial(before, turn);
  }
  return ice_.deadline() <= turn.now ? apply(ice_.wake(turn.now), turn) : Changes{};
}

void WebRtc::send_data(Bytes packet, Turn& turn) {
  if (!data_ready()) return;
  (void)dtls_->send(packet);
  flush_dtls(turn);
}

// ---- ICE

Changes WebRtc::disconnected(const Path& lost, Turn& turn) {
  return apply(ice_.remove(lost, turn.now), turn);
}

Changes WebRtc::apply(const ice::Outcome& outcome, Turn& turn) {
  // While we call, that the remote checks us too changes nothing.
  if (!dial_) {
    if (outcome.selected_changed) tell_path(turn);
    if (outcome.state_changed) tell_state(turn);
    start_dtls(turn);
  }
  return {outcome.added, outcome.evicted, outcome.retired};
}

void WebRtc::after_dial(const std::optional<Path>& before, Turn& turn) {
  const bool same = before ? path() && *path() == *before : !path();
  if (!same) {
    tell_path(turn);
    tell_state(turn);
  }
  start_dtls(turn);
}

void WebRtc::tell_path(Turn& turn) {
  if (const auto tuple = selected_tuple()) turn.tell(options_.owner, channel::IceSelectedTupleChange{tuple});
}

void WebRtc::tell_state(Turn& turn) {
  channel::IceStateChange event{.state = ice_state()};
  if (event.state == channel::IceState::kDisconnected)
    event.reason =
        dial_ ? channel::IceDisconnectReason::kConsentExpired : to_channel(ice_.disconnect_reason());
  turn.tell(options_.owner, event);
}

// Once it is known who the remote is, and where: the client begins.
void WebRtc::start_dtls(Turn& turn) {
  if (!dtls_ || !told_ || !path() || dtls_->state() != dtls::State::kNew) return;
  if (dtls_->role() != dtls::Role::kClient) return;
  dtls_->start(turn.now);
  after_dtls(turn);
}

channel::IceState WebRtc::ice_state() const {
  if (ice_.state() == ice::State::kClosed) return channel::IceState::kClosed;
  return to_channel(dial_ ? dial_->state() : ice_.state());
}

std::optional<channel::Tuple> WebRtc::selected_tuple() const {
  if (!path()) return std::nullopt;
  channel::Tuple tuple{.remote_address = path()->remote.ip_text(),
                       .remote_port = path()->remote.port,
                       .protocol = static_cast<channel::Protocol>(path()->protocol)};
  const uint32_t socket = path()->protocol == Protocol::kTcp ? path()->listener : path()->socket;
  const auto own = std::ranges::find(options_.addresses, socket, &channel::ListenAddress::socket);
  if (own != options_.addresses.end()) {
    tuple.local_address = own->address;
    tuple.local_port = own->port;
  }
  return tuple;
}

// ---- DTLS

void WebRtc::after_dtls(Turn& turn) {
  flush_dtls(turn);
  const auto state = static_cast<channel::DtlsState>(dtls_->state());
  static_assert(static_cast<int>(dtls::State::kClosed) == static_cast<int>(channel::DtlsState::kClosed));
  if (state == dtls_state_) return;
  dtls_state_ = state;
  channel::DtlsStateChange event{.state = state};
  if (state == channel::DtlsState::kConnected) {
    take_keys();
    event.remote_cert = dtls_->remote_certificate();
  } else if (state == channel::DtlsState::kFailed) {
    event.reason = dtls_->reason();
  }
  if (state != channel::DtlsState::kConnected) {
    send_keys_.reset();
    opener_.reset();
  }
  turn.tell(options_.owner, std::move(event));
}

void WebRtc::flush_dtls(Turn& turn) {
  if (path())
    for (const std::vector<uint8_t>& datagram : dtls_->pending()) turn.outbox.send(*path(), datagram);
  dtls_->pending().clear();
}

void WebRtc::take_keys() {
  if (!dtls_->keys()) return;
  const dtls::SrtpKeys& keys = *dtls_->keys();
  profile_ = keys.profile;
  send_keys_.emplace(keys.profile, keys.send, options_.backend);
  opener_.emplace(keys.profile, keys.receive, options_.backend);
}

}  // namespace sfu::link
