// Which library does the ciphers. They all make the same packets.
#pragma once

#include <cstdint>

namespace sfu::srtp {

enum class Backend : uint8_t {
  kIpsecMb,  // x86-64 with AES instructions, when built with CONSOMME_IPSEC_MB
  kOpenSsl,
  kLibsrtp,  // the portable reference
};

bool is_available(Backend backend);
// The fastest that build and CPU allow.
Backend best_backend();

}  // namespace sfu::srtp
