// The calling side of ICE, towards a lite agent such as ourselves: a full, controlling agent (RFC 8445) that
// checks all paths to the remote's candidates at once. The first that answers a nomination is where we send,
// as long as it consents (RFC 7675).
#pragma once

#include <vector>

#include "core/ice/client.hpp"
#include "core/ice/server.hpp"
#include "core/link/turn.hpp"

namespace sfu::link {

class Dial {
 public:
  Dial(Random& random, const std::string& ufrag, const ice::Parameters& remote,
       const std::vector<Path>& paths, Duration consent_timeout);

  // The remote has new credentials (RFC 8445, 9): the paths are checked anew, and the selected one holds.
  void restart(const ice::Parameters& remote);

  // Null unless connected.
  const Path* selected() const { return selected_ ? &paths_[*selected_].path : nullptr; }
  ice::State state() const { return state_; }

  // Whether selected() or state() may be another since. False: this answers no check of ours.
  bool receive(const stun::Message& answer, const Path& from, Time now);
  Time deadline() const;
  void wake(Turn& turn);

 private:
  struct Checked {
    Path path;
    ice::Client client;
  };
  Time consent_ends() const;

  std::vector<Checked> paths_;
  std::optional<size_t> selected_;
  Duration consent_timeout_;  // 0: it never ends
  ice::State state_ = ice::State::kNew;
};

}  // namespace sfu::link
