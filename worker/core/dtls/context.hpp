// What all DTLS associations of a worker share: our certificate, the ciphers, groups and SRTP profiles that
// we offer and accept, in our order of preference (RFC 8827, 6.5; RFC 5764, 4.1).
#pragma once

#include <memory>

#include "core/dtls/certificate.hpp"

struct ssl_ctx_st;

namespace sfu::dtls {

class Context {
 public:
  explicit Context(Certificate certificate);

  const Certificate& certificate() const { return certificate_; }
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  Certificate certificate_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace sfu::dtls
