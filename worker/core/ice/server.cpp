#include "core/ice/server.hpp"

#include <utility>

#include "core/stun/binding.hpp"

namespace sfu::ice {
namespace {

Outcome dropped(Drop why) {
  Outcome outcome;
  outcome.drop = why;
  return outcome;
}

// The answer to a request that could not be authenticated (RFC 8489, 9.1.3).
Outcome refused(const stun::Message& request, stun::ErrorCode code, Drop why, MutableBytes response) {
  Outcome outcome = dropped(why);
  outcome.response_size = stun::write_error(response, request, code, nullptr);
  return outcome;
}

// Why an authenticated request fails. Who controls is no question: the agent that is not lite does
// (RFC 8445, 6.1.1).
std::optional<stun::ErrorCode> fault(const stun::Message& request) {
  if (!request.unknown().empty()) return stun::ErrorCode::kUnknownAttribute;
  if (request.controlled) return stun::ErrorCode::kRoleConflict;
  return std::nullopt;
}

}  // namespace

Server::Server(Random& random, Duration consent_timeout)
    : consent_timeout_(consent_timeout), current_(random) {}

std::vector<UfragKey> Server::keys() const {
  std::vector<UfragKey> keys = {current_.route};
  if (former_) keys.push_back(former_->route);
  return keys;
}

std::optional<UfragKey> Server::restart(Random& random) {
  Credentials unused = std::exchange(current_, Credentials(random));
  if (former_) return unused.route;
  former_ = std::move(unused);
  return std::nullopt;
}

Outcome Server::receive(const stun::Message& message, const Path& path, Time now, MutableBytes response) {
  if (message.type == stun::Class::kIndication) return {};  // a keepalive (RFC 8445, 11)
  if (message.type != stun::Class::kRequest || message.method != stun::kBinding || state_ == State::kClosed)
    return dropped(Drop::kMalformedStun);
  if (!message.is_signed() || !message.username || message.username->remote.empty())
    return refused(message, stun::ErrorCode::kBadRequest, Drop::kBadIntegrity, response);
  const Credentials* credentials = find(message.username->local);
  if (!credentials) return refused(message, stun::ErrorCode::kUnauthenticated, Drop::kUnknownUfrag, response);
  if (!message.has_integrity(credentials->key))
    return refused(message, stun::ErrorCode::kUnauthenticated, Drop::kBadIntegrity, response);

  Outcome outcome;
  if (const auto code = fault(message)) {
    outcome.response_size = stun::write_error(response, message, *code, &credentials->key);
    return outcome;
  }
  outcome.response_size = stun::write_success(response, message.transaction, path.remote, credentials->key);
  adopt(*credentials, outcome);
  Pair& pair = learn(message, path, now, outcome);
  if (is_nomination(message, pair)) {
    nominate(message, pair, now, outcome);
  } else if (!selected_) {
    select(pair, outcome);
    enter(pair.nominated ? State::kCompleted : State::kConnected, outcome);
  }
  return outcome;
}

Outcome Server::migrate(const Path& path, Time now) {
  Outcome outcome;
  const Pair* pair = pairs_.find(path);
  if (!selected_ || !pair || !has_consent(*pair, now)) return outcome;
  if (!pairs_.find(*selected_)->nominated) select(*pair, outcome);
  return outcome;
}

Outcome Server::remove(const Path& path, Time now) {
  Outcome outcome;
  pairs_.remove(path);
  if (path == selected_) select_another(now, DisconnectReason::kTcpClosed, outcome);
  return outcome;
}

Outcome Server::close() {
  Outcome outcome;
  selected_.reset();
  enter(State::kClosed, outcome);
  return outcome;
}

Time Server::deadline() const {
  if (!selected_ || consent_timeout_ == 0s) return kNever;
  return pairs_.find(*selected_)->checked + consent_timeout_;
}

Outcome Server::wake(Time now) {
  Outcome outcome;
  if (deadline() <= now) select_another(now, DisconnectReason::kConsentExpired, outcome);
  return outcome;
}

const Credentials* Server::find(std::string_view ufrag) const {
  if (ufrag == current_.parameters.ufrag) return &current_;
  if (former_ && ufrag == former_->parameters.ufrag) return &*former_;
  return nullptr;
}

// The first request with new credentials ends the restart: nominations made before it say nothing about now.
void Server::adopt(const Credentials& used, Outcome& outcome) {
  if (&used != &current_ || !former_) return;
  outcome.retired = former_->route;
  former_.reset();
  pairs_.forget_nominations();
  last_nomination_ = 0;
}

// A lite agent's pair is valid as soon as it is checked (RFC 8445, 7.3.2).
Pair& Server::learn(const stun::Message& request, const Path& path, Time now, Outcome& outcome) {
  Pair* pair = pairs_.find(path);
  if (!pair) {
    if (pairs_.full()) {
      outcome.evicted = pairs_.oldest(selected_)->path;
      pairs_.remove(*outcome.evicted);
    }
    outcome.added = path;
    pair = &pairs_.add(path);
  }
  pair->checked = now;
  if (request.priority) pair->priority = *request.priority;
  return *pair;
}

void Server::nominate(const stun::Message& request, Pair& pair, Time now, Outcome& outcome) {
  const bool selects = takes_over(request, pair, now);
  pair.nominated = now;
  if (request.nomination) last_nomination_ = *request.nomination;
  if (selects) select(pair, outcome);
  enter(State::kCompleted, outcome);
}

// A NOMINATION that came late, after a higher one, is none.
bool Server::is_nomination(const stun::Message& request, const Pair& pair) const {
  if (!request.nomination) return request.use_candidate;
  return *request.nomination > last_nomination_ ||
         (*request.nomination == last_nomination_ && pair.nominated.has_value());
}

bool Server::takes_over(const stun::Message& request, const Pair& pair, Time now) const {
  const Pair* selected = selected_ ? pairs_.find(*selected_) : nullptr;
  if (!selected || !selected->nominated) return true;
  if (request.nomination) return *request.nomination > last_nomination_;
  if (is_rebinding(pair, *selected)) return true;
  // A peer that renominates has overruled priorities.
  if (last_nomination_ == 0 && outranks(pair, *selected)) return true;
  return now - *selected->nominated >= kNominationHold;
}

Time Server::consent_since(Time now) const {
  return consent_timeout_ == 0s ? Time::min() : now - consent_timeout_;
}

void Server::select(const Pair& pair, Outcome& outcome) {
  if (pair.path == selected_) return;
  selected_ = pair.path;
  outcome.selected_changed = true;
}

void Server::select_another(Time now, DisconnectReason otherwise, Outcome& outcome) {
  if (const Pair* pair = pairs_.best(consent_since(now))) return select(*pair, outcome);
  selected_.reset();
  disconnect_reason_ = otherwise;
  enter(State::kDisconnected, outcome);
}

void Server::enter(State state, Outcome& outcome) {
  if (state == state_) return;
  state_ = state;
  outcome.state_changed = true;
}

}  // namespace sfu::ice
