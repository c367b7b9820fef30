// A full, controlling ICE agent on one path, as a browser is: it checks every 50 ms until answered,
// nominates, then asks for consent every 5 s (RFC 8445, 7.2; RFC 7675, 5.1). wake() writes what is due,
// receive() takes the answers.
#pragma once

#include <optional>
#include <string>

#include "core/base/random.hpp"
#include "core/base/time.hpp"
#include "core/ice/credentials.hpp"
#include "core/stun/binding.hpp"

namespace sfu::ice {

class Client {
 public:
  static constexpr Duration kCheckInterval = 50ms;
  static constexpr Duration kConsentInterval = 5s;

  struct Options {
    bool aggressive = false;  // nominate in the first check, as Firefox does
    bool controlled = false;  // claim the wrong role first
    uint32_t priority = 0x6e7f1eff;
    std::string ufrag{};  // its own; empty: any
  };

  Client(Random& random, const Parameters& server, Options options);
  Client(Random& random, const Parameters& server) : Client(random, server, Options{}) {}

  Time deadline() const { return next_; }
  // The size of the check written into `out`, or 0 when none is due.
  size_t wake(Time now, MutableBytes out);
  // Whether the message answers our check. It may make another one due at once.
  bool receive(const stun::Message& answer, Time now);

  // New credentials on both sides; everything is checked again.
  void restart(const Parameters& server);
  // Nominates anew with `nomination`, which is to be higher than any before.
  void renominate(uint32_t nomination);
  // Stops asking for consent, as a client that went away.
  void stop() { next_ = kNever; }

  bool connected() const { return phase_ != Phase::kChecking; }
  bool nominated() const { return phase_ == Phase::kConsent; }
  std::optional<uint16_t> error() const { return error_; }
  std::optional<Address> mapped_address() const { return mapped_address_; }
  size_t answers() const { return answers_; }
  // When the server last agreed to be sent to; kNever: not yet.
  Time consented() const { return consented_; }

 private:
  enum class Phase { kChecking, kNominating, kConsent };

  void begin(Phase phase, Time at);
  void succeed(const stun::Message& answer, Time now);

  Random* random_;
  Options options_;
  std::string username_;
  stun::IntegrityKey key_;
  uint64_t tie_breaker_;
  Phase phase_ = Phase::kChecking;
  Time next_{};  // the first check is due at once
  stun::TransactionId transaction_{};
  std::optional<uint32_t> nomination_;
  std::optional<uint16_t> error_;
  std::optional<Address> mapped_address_;
  size_t answers_ = 0;
  Time consented_ = kNever;
};

}  // namespace sfu::ice
