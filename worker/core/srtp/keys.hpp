// One direction's session keys, prepared for one backend: the one place where backends are told apart.
#pragma once

#include <variant>

#include "core/srtp/backend.hpp"
#include "core/srtp/framing.hpp"
#include "core/srtp/libsrtp_session.hpp"
#include "core/srtp/openssl_cipher.hpp"
#ifdef CONSOMME_IPSEC_MB
#include "core/srtp/ipsec_mb.hpp"
#endif

namespace sfu::srtp {

using Keys = std::variant<Framing<OpenSslCipher>,
#ifdef CONSOMME_IPSEC_MB
                          Framing<IpsecMbCipher>,
#endif
                          LibsrtpSession>;

// The backend must be available.
Keys make_keys(Profile profile, const Master& master, Backend backend, Direction direction);

}  // namespace sfu::srtp
