// When to ask the sender of one SSRC for a key frame (PLI or FIR). Requests of many receivers become one;
// two are never closer than spacing(); one not answered is repeated after 300 ms, 600 ms, then each second.
#pragma once

#include <algorithm>

#include "core/base/time.hpp"

namespace sfu::rtp {

class KeyFrameRequests {
 public:
  explicit KeyFrameRequests(Duration delay = {}) : delay_(delay) {}

  // A receiver needs a key frame. True: ask for it now. False: asked already, or deadline() will tell.
  bool request(Time now, Duration rtt) {
    rtt_ = rtt;
    if (waiting_) return false;
    waiting_ = true;
    backoff_ = kFirstRetry;
    due_ = sent_ ? std::max(now, last_ + spacing()) : now;
    return wake(now);
  }
  // True: ask now.
  bool wake(Time now) {
    if (!waiting_ || now < due_) return false;
    last_ = now;
    sent_ = true;
    due_ = now + std::max(backoff_, spacing());
    backoff_ = std::min(backoff_ * 2, kLastRetry);
    return true;
  }
  // It came; or nobody wants it any more.
  void on_key_frame() { waiting_ = false; }

  Time deadline() const { return waiting_ ? due_ : kNever; }

 private:
  static constexpr Duration kFirstRetry = 300ms;
  static constexpr Duration kLastRetry = 1s;

  Duration spacing() const { return std::max({delay_, rtt_, Duration(100ms)}); }

  Duration delay_;
  Duration rtt_{};
  Duration backoff_ = kFirstRetry;
  bool waiting_ = false;
  bool sent_ = false;
  Time last_{};
  Time due_ = kNever;
};

}  // namespace sfu::rtp
