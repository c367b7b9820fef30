// Session keys from a master key (RFC 3711, 4.3; RFC 7714, 11). Derived once: our key derivation rate is 0.
#pragma once

#include <array>
#include <cstdint>

#include "core/srtp/profile.hpp"

namespace sfu::srtp {

using Salt = std::array<uint8_t, 14>;

// What protects one kind of packet, RTP or RTCP. As with Master, unused ends are zero.
struct SessionKey {
  std::array<uint8_t, 32> cipher{};
  std::array<uint8_t, 20> authentication{};  // AES-CM profiles only
  Salt salt{};
};

struct SessionKeys {
  SessionKey rtp;
  SessionKey rtcp;
};

SessionKeys derive(Profile profile, const Master& master);

}  // namespace sfu::srtp
