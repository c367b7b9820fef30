// What the machine can do at best, with no more SFU than an SSRC: packets read in one call, opened by
// intel-ipsec-mb, sealed for all receivers into slots that lie side by side, and each receiver's sent as one
// message with UDP_SEGMENT, 64 messages a call. Only built where intel-ipsec-mb is.
#pragma once

#ifdef CONSOMME_IPSEC_MB

#include <memory>

#include "bench/loop.hpp"
#include "bench/receivers.hpp"

namespace sfu::bench {

// Keys and SSRCs as NaiveLoop's. Packets of one turn must be of one size.
std::unique_ptr<Loop> make_best_loop(srtp::Profile profile, const Receivers& receivers);

}  // namespace sfu::bench

#endif
