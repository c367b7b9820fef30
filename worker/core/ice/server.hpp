// The ICE-lite agent of one transport (RFC 8445, 2.5): it answers the connectivity checks of a full agent,
// which is always the controlling one, and sends none. Where we send is the *selected* pair:
//
// - Before any nomination it is the first pair checked, since a peer may start DTLS before it nominates;
//   it then follows the peer's data (migrate()).
// - A nominated pair stays selected until the peer nominates one that outranks it. So an aggressive peer,
//   which nominates each pair in its first check, ends on the best of them, in whatever order they come.
// - A pair that does not outrank it is followed when its NOMINATION is the highest yet (renomination), when
// it
//   is the same pair after a NAT rebinding, or when the selected pair was not nominated again for
//   kNominationHold: a peer that left a network nominates what is left, however low.
//
// Consent (RFC 7675): when no authenticated request came on the selected pair for the consent timeout, we
// send on another pair that has consent, and on nothing if there is none. A later authenticated request
// revives us.
#pragma once

#include <optional>
#include <vector>

#include "core/base/drops.hpp"
#include "core/base/random.hpp"
#include "core/base/time.hpp"
#include "core/ice/credentials.hpp"
#include "core/ice/pairs.hpp"
#include "core/stun/message.hpp"

namespace sfu::ice {

enum class State : uint8_t { kNew, kConnected, kCompleted, kDisconnected, kClosed };
enum class DisconnectReason : uint8_t { kConsentExpired, kTcpClosed };

// What follows from an input.
struct Outcome {
  size_t response_size = 0;         // bytes to send back on the path that the request came from
  std::optional<Drop> drop;         // why the message was refused
  std::optional<Path> added;        // newly validated: the transport now takes packets from it
  std::optional<Path> evicted;      // made room for it: no longer the transport's
  std::optional<UfragKey> retired;  // credentials that are not valid any more
  bool selected_changed = false;    // selected() is another path
  bool state_changed = false;
};

class Server {
 public:
  static constexpr Duration kDefaultConsentTimeout = 30s;
  static constexpr Duration kNominationHold = 3s;

  // A consent timeout of 0: consent never expires.
  Server(Random& random, Duration consent_timeout);

  const Parameters& parameters() const { return current_.parameters; }
  State state() const { return state_; }
  DisconnectReason disconnect_reason() const { return disconnect_reason_; }
  // Where to send; null unless connected or completed.
  const Path* selected() const { return selected_ ? &*selected_ : nullptr; }
  // The keys by which requests for us are found: of the present credentials, and of the former ones while the
  // peer may still use them.
  std::vector<UfragKey> keys() const;

  // New credentials. The former ones, and the selected pair, hold until the peer uses the new ones; of
  // several restarts without that, only the last counts. Gives the key of credentials dropped unused.
  std::optional<UfragKey> restart(Random& random);

  // A STUN message from `path`; an answer is written into `response`, which has room for stun::kMaxResponse.
  Outcome receive(const stun::Message& message, const Path& path, Time now, MutableBytes response);
  // Authentic DTLS or SRTP came from `path`, which is not the selected one. Followed only if the pair has
  // consent and the peer has not nominated the selected one: what it nominated is where it wants to receive.
  Outcome migrate(const Path& path, Time now);
  // The TCP connection of `path` was closed.
  Outcome remove(const Path& path, Time now);
  Outcome close();

  Time deadline() const;
  Outcome wake(Time now);

 private:
  const Credentials* find(std::string_view ufrag) const;
  void adopt(const Credentials& used, Outcome& outcome);
  Pair& learn(const stun::Message& request, const Path& path, Time now, Outcome& outcome);
  void nominate(const stun::Message& request, Pair& pair, Time now, Outcome& outcome);
  bool is_nomination(const stun::Message& request, const Pair& pair) const;
  bool takes_over(const stun::Message& request, const Pair& pair, Time now) const;
  bool has_consent(const Pair& pair, Time now) const { return pair.checked > consent_since(now); }
  Time consent_since(Time now) const;
  void select(const Pair& pair, Outcome& outcome);
  void select_another(Time now, DisconnectReason otherwise, Outcome& outcome);
  void enter(State state, Outcome& outcome);

  Duration consent_timeout_;
  Credentials current_;
  std::optional<Credentials> former_;
  Pairs pairs_;
  std::optional<Path> selected_;
  uint32_t last_nomination_ = 0;  // the highest NOMINATION since the last restart
  State state_ = State::kNew;
  DisconnectReason disconnect_reason_ = DisconnectReason::kConsentExpired;
};

}  // namespace sfu::ice
