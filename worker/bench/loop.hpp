// One way to forward: whatever has come to its socket goes to all receivers.
#pragma once

#include "core/base/address.hpp"
#include "core/srtp/opener.hpp"

namespace sfu::bench {

class Loop {
 public:
  virtual ~Loop() = default;
  virtual const Address& local() const = 0;
  // Reads what is there and forwards it.
  virtual void take_turn() = 0;
};

// Under which SSRC and keys a loop sends to one receiver.
struct Sink {
  uint32_t ssrc;
  srtp::Opener opener;
};

// Keys for the loops that have no DTLS.
inline srtp::Master master_of(size_t number) {
  srtp::Master master;
  store32(master.key.data(), static_cast<uint32_t>(number) + 1);
  return master;
}

}  // namespace sfu::bench
