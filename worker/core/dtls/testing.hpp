// For tests: OpenSSL's DTLS timer on simulated time. OpenSSL reads the operating system's clock; in an
// executable that includes this file, that clock is ours, and retransmission happens when the test says so.
#pragma once

#include <sys/time.h>

#include "core/base/time.hpp"

namespace sfu::dtls {

inline Duration simulated_time{};

// To be called whenever the simulation's time moves.
inline void set_openssl_time(Time now) { simulated_time = now.time_since_epoch(); }

}  // namespace sfu::dtls

// Visible, so that OpenSSL's library finds it first. It takes a time of 0 for "no timer".
extern "C" inline __attribute__((used, visibility("default"))) int gettimeofday(timeval* out,
                                                                                void*) noexcept {
  const auto us = 1'000'000 + sfu::dtls::simulated_time.count();
  out->tv_sec = static_cast<time_t>(us / 1'000'000);
  out->tv_usec = static_cast<suseconds_t>(us % 1'000'000);
  return 0;
}
