// A short-term password, ready to compute the HMAC-SHA1 of MESSAGE-INTEGRITY (RFC 8489, 9.1 and 14.5). The
// key's schedule is kept, so that a message costs only its own bytes.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "core/base/bytes.hpp"

struct evp_mac_ctx_st;

namespace sfu::stun {

class IntegrityKey {
 public:
  using Tag = std::array<uint8_t, 20>;

  explicit IntegrityKey(std::string_view password);

  // The tag of `head` followed by `body`.
  Tag sign(Bytes head, Bytes body) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace sfu::stun
