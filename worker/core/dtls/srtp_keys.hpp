// The SRTP keys that a DTLS handshake agrees on (RFC 5764, 4.2):
//
//   client write key | server write key | client write salt | server write salt
#pragma once

#include "core/base/bytes.hpp"
#include "core/srtp/profile.hpp"

namespace sfu::dtls {

enum class Role : uint8_t { kClient, kServer };

struct SrtpKeys {
  srtp::Profile profile{};
  srtp::Master send;
  srtp::Master receive;
};

constexpr size_t keying_material_size(srtp::Profile profile) {
  return 2 * (srtp::key_size(profile) + srtp::salt_size(profile));
}

// `material` has keying_material_size() bytes; `role` is our own.
SrtpKeys split_keying_material(srtp::Profile profile, Bytes material, Role role);

}  // namespace sfu::dtls
