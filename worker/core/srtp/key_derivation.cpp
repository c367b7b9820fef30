#include "core/srtp/key_derivation.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "core/base/bytes.hpp"
#include "core/base/check.hpp"

namespace sfu::srtp {
namespace {

// RFC 3711, 4.3.2. SRTCP's labels follow SRTP's.
constexpr uint8_t kCipherLabel = 0;
constexpr uint8_t kAuthenticationLabel = 1;
constexpr uint8_t kSaltLabel = 2;
constexpr uint8_t kRtcpLabels = 3;

// The pseudo-random function of RFC 3711, 4.3.3: AES in counter mode, keyed by the master key.
class KeyStream {
 public:
  KeyStream(Profile profile, const Master& master) : context_(EVP_CIPHER_CTX_new()) {
    // RFC 7714, 11: the salt of 96 bits stands at the front of the 112.
    std::copy_n(master.salt.begin(), salt_size(profile), salt_.begin());
    const EVP_CIPHER* cipher = key_size(profile) == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    CHECK(context_ && EVP_EncryptInit_ex2(context_.get(), cipher, master.key.data(), nullptr, nullptr) == 1);
  }

  void read(uint8_t label, MutableBytes out) {
    std::array<uint8_t, 16> counter = salt_;
    counter[7] ^= label;
    std::ranges::fill(out, uint8_t{0});
    int written = 0;
    CHECK(EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, counter.data(), nullptr) == 1);
    CHECK(EVP_EncryptUpdate(context_.get(), out.data(), &written, out.data(), static_cast<int>(out.size())) ==
          1);
  }

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };
  std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
  std::array<uint8_t, 16> salt_{};
};

SessionKey derive(Profile profile, KeyStream& stream, uint8_t first_label) {
  SessionKey key;
  stream.read(first_label + kCipherLabel, MutableBytes(key.cipher).first(key_size(profile)));
  stream.read(first_label + kSaltLabel, MutableBytes(key.salt).first(salt_size(profile)));
  if (!is_aead(profile)) stream.read(first_label + kAuthenticationLabel, key.authentication);
  return key;
}

}  // namespace

SessionKeys derive(Profile profile, const Master& master) {
  KeyStream stream(profile, master);
  return {.rtp = derive(profile, stream, 0), .rtcp = derive(profile, stream, kRtcpLabels)};
}

}  // namespace sfu::srtp
