// Session keys for intel-ipsec-mb (x86-64), built only with CONSOMME_IPSEC_MB. AEAD packets are done one at a
// time: its GCM is as fast alone as in company. HMAC-SHA1 is two to three times faster for several packets
// side by side, so that AES-CM packets are gathered in an IpsecMbBatch; alone they go through OpenSSL.
#pragma once

#include <array>
#include <memory>

#include "core/srtp/openssl_cipher.hpp"
#include "core/srtp/parts.hpp"

namespace sfu::srtp {

// Whether this CPU has the instructions that make it worthwhile.
bool ipsec_mb_is_fast();

class IpsecMbCipher {
 public:
  IpsecMbCipher(Profile profile, const SessionKey& key, size_t tag_size, Direction direction);
  IpsecMbCipher(IpsecMbCipher&&) noexcept;
  IpsecMbCipher& operator=(IpsecMbCipher&&) noexcept;
  ~IpsecMbCipher();

  void seal(const Parts& parts);
  // False: not authentic, and what is at parts.out then means nothing.
  bool open(const Parts& parts);
  // Whether a batch seals it faster.
  bool gains_by_batch() const { return counter_mode_ != nullptr; }

 private:
  friend class IpsecMbBatch;
  struct Gcm;
  struct CounterMode;
  // One of the two.
  std::unique_ptr<Gcm> gcm_;
  std::unique_ptr<CounterMode> counter_mode_;
};

// Seals AES-CM packets of any keys side by side. What add() was given must last until run().
class IpsecMbBatch {
 public:
  IpsecMbBatch();
  IpsecMbBatch(IpsecMbBatch&&) noexcept;
  IpsecMbBatch& operator=(IpsecMbBatch&&) noexcept;
  ~IpsecMbBatch();

  // Only for a cipher that gains_by_batch().
  void add(IpsecMbCipher& cipher, const Parts& parts);
  // Seals all that were added.
  void run();

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace sfu::srtp
