#include "core/ice/client.hpp"

namespace sfu::ice {

Client::Client(Random& random, const Parameters& server, Options options)
    : random_(&random), options_(options), key_(server.password), tie_breaker_(random.u64()) {
  restart(server);
}

void Client::restart(const Parameters& server) {
  username_ = server.ufrag + ":" + (options_.ufrag.empty() ? random_->text(4) : options_.ufrag);
  key_ = stun::IntegrityKey(server.password);
  nomination_.reset();
  begin(Phase::kChecking, Time{});
}

void Client::renominate(uint32_t nomination) {
  nomination_ = nomination;
  begin(Phase::kNominating, Time{});
}

size_t Client::wake(Time now, MutableBytes out) {
  if (now < next_) return 0;
  const bool consents = phase_ == Phase::kConsent;
  if (consents) random_->fill(transaction_);
  next_ = now + (consents ? kConsentInterval : kCheckInterval);
  const bool nominates = phase_ == Phase::kNominating || (phase_ == Phase::kChecking && options_.aggressive);
  stun::BindingRequest request;
  request.transaction = transaction_;
  request.username = username_;
  request.priority = options_.priority;
  (options_.controlled ? request.controlled : request.controlling) = tie_breaker_;
  request.use_candidate = nominates;
  if (nominates) request.nomination = nomination_;
  return request.write(out, key_);
}

bool Client::receive(const stun::Message& answer, Time now) {
  if (answer.transaction != transaction_) return false;
  if (answer.type == stun::Class::kError) {
    error_ = answer.error_code;
    // RFC 8445, 7.2.5.1: take the other role and check again.
    if (error_ == static_cast<uint16_t>(stun::ErrorCode::kRoleConflict)) {
      options_.controlled = !options_.controlled;
      begin(Phase::kChecking, now);
    }
    return true;
  }
  if (answer.type != stun::Class::kSuccess || !answer.has_integrity(key_)) return false;
  succeed(answer, now);
  return true;
}

void Client::succeed(const stun::Message& answer, Time now) {
  ++answers_;
  consented_ = now;
  mapped_address_ = answer.mapped_address;
  if (phase_ == Phase::kChecking && !options_.aggressive)
    begin(Phase::kNominating, now);
  else if (phase_ != Phase::kConsent)
    begin(Phase::kConsent, now + kConsentInterval);
}

void Client::begin(Phase phase, Time at) {
  phase_ = phase;
  next_ = at;
  random_->fill(transaction_);
}

}  // namespace sfu::ice
