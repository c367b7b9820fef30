#include "core/stun/integrity_key.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/base/check.hpp"

namespace sfu::stun {

IntegrityKey::IntegrityKey(std::string_view password) {
  EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  CHECK(hmac);
  context_.reset(EVP_MAC_CTX_new(hmac));
  EVP_MAC_free(hmac);
  char digest[] = "SHA1";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  const Bytes key = as_bytes(password);
  CHECK(EVP_MAC_init(context_.get(), key.data(), key.size(), parameters) == 1);
}

IntegrityKey::Tag IntegrityKey::sign(Bytes head, Bytes body) const {
  Tag tag{};
  size_t size = 0;
  EVP_MAC_CTX* context = context_.get();
  CHECK(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
  CHECK(EVP_MAC_update(context, head.data(), head.size()) == 1);
  CHECK(EVP_MAC_update(context, body.data(), body.size()) == 1);
  CHECK(EVP_MAC_final(context, tag.data(), &size, tag.size()) == 1 && size == tag.size());
  return tag;
}

void IntegrityKey::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

}  // namespace sfu::stun
