// Sealing what we send: SendKeys are one transport's keys, a Sealer is the worker's, and seals RTP of many
// transports at once.
#pragma once

#include <optional>
#include <span>

#include "core/srtp/keys.hpp"

namespace sfu::srtp {

// One direction's session keys, derived once. Jobs point to it: it stays where it is until they are sealed.
class SendKeys {
 public:
  SendKeys(Profile profile, const Master& master, Backend backend = best_backend())
      : profile_(profile), keys_(make_keys(profile, master, backend, Direction::kSeal)) {}

  Profile profile() const { return profile_; }
  // Seals the RTCP packet of `size` bytes at the front of `buffer`, in place, under the next SRTCP index. Its
  // size then, which is rtcp_overhead() more; 0 when the 2^31 - 1 indexes are used up, and the packet may not
  // be sent.
  size_t seal_rtcp(MutableBytes buffer, size_t size);

 private:
  friend class Sealer;
  Profile profile_;
  Keys keys_;
};

class Sealer {
 public:
  explicit Sealer(Backend backend = best_backend());

  // Jobs of all profiles and keys may be mixed, even keys for another backend; the more at once, the cheaper.
  void seal(std::span<const SealJob> jobs);

 private:
#ifdef CONSOMME_IPSEC_MB
  bool gather(const SealJob& job);
  std::optional<IpsecMbBatch> batch_;
#endif
};

}  // namespace sfu::srtp
