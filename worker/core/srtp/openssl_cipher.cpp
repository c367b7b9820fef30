#include "core/srtp/openssl_cipher.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/base/check.hpp"

namespace sfu::srtp {
namespace {

const EVP_CIPHER* cipher_of(Profile profile) {
  if (profile == Profile::kAeadAes128Gcm) return EVP_aes_128_gcm();
  if (profile == Profile::kAeadAes256Gcm) return EVP_aes_256_gcm();
  return EVP_aes_128_ctr();
}

std::array<OSSL_PARAM, 2> tag_parameter(uint8_t* tag, size_t size) {
  return {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, size),
          OSSL_PARAM_construct_end()};
}

}  // namespace

void OpenSslCipher::Free::operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }

OpenSslCipher::OpenSslCipher(Profile profile, const SessionKey& key, size_t tag_size, Direction direction)
    : context_(EVP_CIPHER_CTX_new()), tag_size_(tag_size) {
  const int encrypts = direction == Direction::kSeal ? 1 : 0;
  CHECK(context_ && EVP_CipherInit_ex2(context_.get(), cipher_of(profile), key.cipher.data(), nullptr,
                                       encrypts, nullptr) == 1);
  if (!is_aead(profile)) hmac_.emplace(key.authentication);
}

void OpenSslCipher::seal(const Parts& parts) {
  if (!hmac_) return seal_gcm(parts);
  count(parts);
  const HmacSha1::Tag tag = hmac_->tag(parts.associated, {parts.out, parts.size}, parts.trailer);
  std::memcpy(parts.tag, tag.data(), tag_size_);
}

bool OpenSslCipher::open(const Parts& parts) {
  if (!hmac_) return open_gcm(parts);
  const HmacSha1::Tag tag = hmac_->tag(parts.associated, {parts.in, parts.size}, parts.trailer);
  if (CRYPTO_memcmp(tag.data(), parts.tag, tag_size_) != 0) return false;
  count(parts);
  return true;
}

void OpenSslCipher::count(const Parts& parts) {
  int written = 0;
  CHECK(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, parts.nonce.data(), -1, nullptr) == 1);
  CHECK(EVP_CipherUpdate(context_.get(), parts.out, &written, parts.in, static_cast<int>(parts.size)) == 1);
}

void OpenSslCipher::seal_gcm(const Parts& parts) {
  EVP_CIPHER_CTX* context = context_.get();
  int written = 0;
  CHECK(EVP_EncryptInit_ex2(context, nullptr, nullptr, parts.nonce.data(), nullptr) == 1);
  CHECK(EVP_EncryptUpdate(context, nullptr, &written, parts.associated.data(),
                          static_cast<int>(parts.associated.size())) == 1);
  CHECK(EVP_EncryptUpdate(context, parts.out, &written, parts.in, static_cast<int>(parts.size)) == 1);
  CHECK(EVP_EncryptFinal_ex(context, parts.tag, &written) == 1);
  auto tag = tag_parameter(parts.tag, tag_size_);
  CHECK(EVP_CIPHER_CTX_get_params(context, tag.data()) == 1);
}

bool OpenSslCipher::open_gcm(const Parts& parts) {
  EVP_CIPHER_CTX* context = context_.get();
  int written = 0;
  const auto tag = tag_parameter(parts.tag, tag_size_);
  CHECK(EVP_DecryptInit_ex2(context, nullptr, nullptr, parts.nonce.data(), tag.data()) == 1);
  CHECK(EVP_DecryptUpdate(context, nullptr, &written, parts.associated.data(),
                          static_cast<int>(parts.associated.size())) == 1);
  CHECK(EVP_DecryptUpdate(context, parts.out, &written, parts.in, static_cast<int>(parts.size)) == 1);
  return EVP_DecryptFinal_ex(context, parts.tag, &written) == 1;
}

}  // namespace sfu::srtp
