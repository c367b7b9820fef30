#include "core/srtp/backend.hpp"

#ifdef CONSOMME_IPSEC_MB
#include "core/srtp/ipsec_mb.hpp"
#endif

namespace sfu::srtp {

bool is_available(Backend backend) {
#ifdef CONSOMME_IPSEC_MB
  if (backend == Backend::kIpsecMb) return ipsec_mb_is_fast();
#endif
  return backend != Backend::kIpsecMb;
}

Backend best_backend() { return is_available(Backend::kIpsecMb) ? Backend::kIpsecMb : Backend::kOpenSsl; }

}  // namespace sfu::srtp
