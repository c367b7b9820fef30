// One DTLS 1.2 association (RFC 6347) with its keys for SRTP (RFC 5764). Datagrams go in by receive(); those
// to be sent wait in pending(). Keys are given out only when the handshake is done *and* the remote's
// certificate has one of the fingerprints that signalling told us, whichever comes last.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"
#include "core/dtls/context.hpp"
#include "core/srtp/profile.hpp"

struct ssl_st;

namespace sfu::dtls {

enum class Role : uint8_t { kClient, kServer };  // ours
enum class State : uint8_t { kNew, kConnecting, kConnected, kFailed, kClosed };

// What RFC 5764, 4.2 exports, sorted by who uses it.
struct SrtpKeys {
  srtp::Profile profile{};
  srtp::Master send;
  srtp::Master receive;
};

class Session {
 public:
  // A remote that has not finished the handshake after so long is given up.
  static constexpr Duration kHandshakeTimeout = 30s;

  Session(const Context& context, Role role);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // As a client, this is when the ClientHello goes out.
  void start(Time now);
  // What the remote's certificate must match, one of them. May come at any time, once.
  void set_remote_fingerprints(std::vector<Fingerprint> fingerprints);
  // A datagram of DTLS records. False: malformed, and ignored.
  bool receive(Bytes datagram, Time now);
  Time deadline() const;
  void wake(Time now);
  // Says goodbye (close_notify).
  void close();

  Role role() const;
  State state() const;
  // Why it failed.
  const std::string& reason() const;
  // Once connected.
  const SrtpKeys& keys() const;
  const std::string& remote_certificate() const;  // PEM

  // Datagrams to be sent, oldest first; the caller sends and clears them.
  std::vector<std::vector<uint8_t>>& pending();
  // Application data (SCTP): received messages, oldest first, for the caller to take; and one to send.
  std::vector<std::vector<uint8_t>>& received();
  bool send(Bytes data);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace sfu::dtls
