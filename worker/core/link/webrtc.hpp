// How bytes reach one remote over ICE and DTLS-SRTP (RFC 8445, RFC 5764): which path is selected, whether the
// remote is who it should be, and the keys of both directions. Media flows once ready(). The remote calls us,
// unless dial() makes us the calling side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/dtls/context.hpp"
#include "core/dtls/session.hpp"
#include "core/ice/server.hpp"
#include "core/link/changes.hpp"
#include "core/link/dial.hpp"
#include "core/link/turn.hpp"
#include "core/rtp/packet.hpp"
#include "core/srtp/opener.hpp"
#include "core/srtp/sealer.hpp"

namespace sfu::link {

class WebRtc {
 public:
  struct Options {
    uint32_t owner = 0;  // the transport's handle, named in events
    Duration consent_timeout = ice::Server::kDefaultConsentTimeout;
    srtp::Backend backend = srtp::Backend::kOpenSsl;
    // How the controller knows our sockets, for the selected tuple.
    std::vector<channel::ListenAddress> addresses;
  };

  WebRtc(const Options& options, const dtls::Context& context, Random& random);

  // ---- the controller
  ice::Server& ice() { return ice_; }
  const ice::Server& ice() const { return ice_; }
  // The remote's role and fingerprints. May come before, during or after its first datagrams. Our own role.
  Result<channel::DtlsRole> connect(channel::DtlsRole remote,
                                    const std::vector<channel::DtlsFingerprint>& fingerprints, Turn& turn);
  // Calls the remote on these paths; again, with its new credentials and on the same paths, after a restart.
  void dial(const ice::Parameters& remote, const std::vector<Path>& paths, Turn& turn);
  // Of its own, those that speak this version of IP.
  std::vector<uint32_t> udp_sockets(bool v6) const;
  bool dials() const { return dial_.has_value(); }
  void close(Turn& turn);

  // ---- datagrams
  Changes on_stun(const stun::Message& message, const Path& path, Turn& turn);
  Changes on_dtls(Bytes datagram, const Path& path, Turn& turn);
  // In place; nullopt when the packet is authentic and open, else why not.
  std::optional<Drop> open_rtp(rtp::Packet& packet);
  std::optional<Drop> open_rtcp(rtp::Packet& packet);
  // An authentic packet came from `path`: the peer may have moved there.
  Changes follow(const Path& path, Turn& turn);
  // The TCP connection of `path` was closed.
  Changes disconnected(const Path& path, Turn& turn);
  // SCTP packets that came since the caller last took them.
  dtls::Datagrams* received_data() { return dtls_ ? &dtls_->received() : nullptr; }
  Time deadline() const;
  Changes wake(Turn& turn);

  // ---- sending
  bool ready() const { return send_keys_.has_value() && path() != nullptr; }
  // A remote that speaks data only may have agreed on no SRTP profile.
  bool data_ready() const { return dtls_state_ == channel::DtlsState::kConnected && path() != nullptr; }
  void send_data(Bytes packet, Turn& turn);
  const Path* path() const { return dial_ ? dial_->selected() : ice_.selected(); }
  srtp::SendKeys* keys() { return send_keys_ ? &*send_keys_ : nullptr; }
  size_t rtp_overhead() const { return send_keys_ ? srtp::rtp_overhead(send_keys_->profile()) : 0; }

  // ---- what is told
  std::optional<channel::Tuple> selected_tuple() const;
  channel::IceState ice_state() const;
  channel::DtlsState dtls_state() const { return dtls_state_; }
  std::optional<srtp::Profile> profile() const { return profile_; }

 private:
  Changes apply(const ice::Outcome& outcome, Turn& turn);
  void after_dial(const std::optional<Path>& before, Turn& turn);
  void tell_state(Turn& turn);
  void tell_path(Turn& turn);
  void start_dtls(Turn& turn);
  void after_dtls(Turn& turn);
  void flush_dtls(Turn& turn);
  void take_keys();

  Options options_;
  const dtls::Context& context_;
  Random& random_;
  ice::Server ice_;
  std::optional<Dial> dial_;
  std::optional<dtls::Session> dtls_;
  bool told_ = false;  // connect() was called
  std::vector<dtls::Fingerprint> fingerprints_;
  channel::DtlsState dtls_state_ = channel::DtlsState::kNew;
  std::optional<srtp::Profile> profile_;
  std::optional<srtp::SendKeys> send_keys_;
  std::optional<srtp::Opener> opener_;
};

}  // namespace sfu::link
