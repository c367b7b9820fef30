// One generation of our ICE credentials: a fragment of eight ice-chars (48 bits) and a password of 24
// (142 bits; RFC 8445, 5.3 asks for 24 and 128).
#pragma once

#include <string>

#include "core/base/random.hpp"
#include "core/ice/ufrag_key.hpp"
#include "core/stun/integrity_key.hpp"

namespace sfu::ice {

struct Parameters {
  std::string ufrag;
  std::string password;
};

class Credentials {
 public:
  explicit Credentials(Random& random)
      : parameters{random.text(kUfragLength), random.text(24)},
        route(*ufrag_key(parameters.ufrag)),
        key(parameters.password) {}

  Parameters parameters;
  UfragKey route;
  stun::IntegrityKey key;
};

}  // namespace sfu::ice
