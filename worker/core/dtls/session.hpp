// One DTLS 1.2 association with one remote (RFC 6347), keyed for SRTP (RFC 5764). It is connected, and its
// keys may be used, only when the handshake is over and the remote's certificate has the fingerprint that
// signalling told, whichever comes first. It fails when nothing moves for kPatience.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/timers.hpp"
#include "core/dtls/context.hpp"
#include "core/dtls/datagram_bio.hpp"
#include "core/dtls/srtp_keys.hpp"

namespace sfu::dtls {

enum class State : uint8_t { kNew, kConnecting, kConnected, kFailed, kClosed };

class Session {
 public:
  static constexpr Duration kPatience = 30s;
  // The longest message that fits the smallest IPv6 MTU (RFC 8200, 5) with IP and UDP headers, and record
  // header, nonce and tag (RFC 5288, 3).
  static constexpr size_t kMaxMessage = 1280 - 40 - 8 - 13 - 8 - 16;

  Session(const Context& context, Role role);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The client says hello. A server begins by itself with the first datagram.
  void start(Time now);
  // False when the datagram is not made of DTLS records, or comes too early or too late.
  bool receive(Bytes datagram, Time now);
  void set_remote_fingerprints(std::vector<Fingerprint> fingerprints);
  // Application data, for SCTP. False when it is too long, empty, or the session is not connected.
  bool send(Bytes message);
  // Says goodbye to a connected remote.
  void close();

  Time deadline() const { return timers_.deadline(); }
  void wake(Time now);

  // What is to be sent, and what came for SCTP: the caller takes it and clears it after each call.
  Datagrams& pending() { return io_.output; }
  Datagrams& received() { return received_; }

  Role role() const { return role_; }
  State state() const { return state_; }
  const std::string& reason() const { return reason_; }  // when failed
  // When connected; none when the remote has no SRTP profile that we have, and may send data only.
  const std::optional<SrtpKeys>& keys() const { return keys_; }
  std::string remote_certificate() const;  // PEM, when connected

 private:
  enum class Timer { kRetransmit, kGiveUp, kCount };

  void handshake(Time now);
  void read_messages();
  void decide();
  void schedule(Time now);
  std::optional<SrtpKeys> export_keys() const;
  void end(State state, std::string reason = {});

  const Role role_;
  State state_ = State::kNew;
  std::vector<Fingerprint> fingerprints_;
  DatagramIo io_;
  Datagrams received_;
  SslPtr ssl_;
  OSSL_HANDSHAKE_STATE step_ = TLS_ST_BEFORE;
  TimerTable<Timer> timers_;
  bool done_ = false;  // the handshake is over
  std::optional<SrtpKeys> keys_;
  std::string reason_;
};

}  // namespace sfu::dtls
