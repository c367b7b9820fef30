#include "core/srtp/keys.hpp"

namespace sfu::srtp {

Keys make_keys(Profile profile, const Master& master, Backend backend, Direction direction) {
  CHECK(is_available(backend));
  if (backend == Backend::kLibsrtp) return LibsrtpSession(profile, master, direction);
  const SessionKeys keys = derive(profile, master);
#ifdef CONSOMME_IPSEC_MB
  if (backend == Backend::kIpsecMb) return Framing<IpsecMbCipher>(profile, keys, direction);
#endif
  return Framing<OpenSslCipher>(profile, keys, direction);
}

}  // namespace sfu::srtp
