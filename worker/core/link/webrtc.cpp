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
    : options_(options), context_(context), ice_(random, options.consent_timeout) {}

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
  if (role == dtls::Role::kClient && path()) dtls_->start(turn.now);
  after_dtls(turn);
  return role == dtls::Role::kClient ? channel::DtlsRole::kClient : channel::DtlsRole::kServer;
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
  if (!path() || *path() == from) return {};
  return apply(ice_.migrate(from, turn.now), turn);
}

Time WebRtc::deadline() const { return std::min(ice_.deadline(), dtls_ ? dtls_->deadline() : kNever); }

Changes WebRtc::wake(Turn& turn) {
  if (dtls_ && dtls_->deadline() <= turn.now) {
    dtls_->wake(turn.now);
    after_dtls(turn);
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
  if (outcome.selected_changed)
    if (const auto tuple = selected_tuple())
      turn.tell(options_.owner, channel::IceSelectedTupleChange{tuple});
  if (outcome.state_changed) {
    channel::IceStateChange event{.state = ice_state()};
    if (ice_.state() == ice::State::kDisconnected) event.reason = to_channel(ice_.disconnect_reason());
    turn.tell(options_.owner, event);
  }
  if (dtls_ && told_ && path() && dtls_->state() == dtls::State::kNew &&
      dtls_->role() == dtls::Role::kClient) {
    dtls_->start(turn.now);
    after_dtls(turn);
  }
  return {outcome.added, outcome.evicted, outcome.retired};
}

channel::IceState WebRtc::ice_state() const { return to_channel(ice_.state()); }

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
