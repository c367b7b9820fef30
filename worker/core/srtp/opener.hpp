// Opening what one remote sends. ROC estimates and replay windows are kept by SSRC, and only authentic
// packets make or move them (RFC 3711, 3.3).
#pragma once

#include <variant>

#include "core/base/drops.hpp"
#include "core/srtp/keys.hpp"
#include "core/srtp/sources.hpp"

namespace sfu::srtp {

// The packet's size without what SRTP had added, or why it was not opened.
class [[nodiscard]] Opened {
 public:
  Opened(size_t size) : size_(size) {}
  Opened(Drop why) : why_(why) {}

  explicit operator bool() const { return why_ == Drop::kCount; }
  size_t size() const { return size_; }
  Drop why() const { return why_; }

 private:
  size_t size_ = 0;
  Drop why_ = Drop::kCount;  // none
};

class Opener {
 public:
  Opener(Profile profile, const Master& master, Backend backend = best_backend())
      : profile_(profile), keys_(make_keys(profile, master, backend, Direction::kOpen)) {}

  // In place. The bytes of a packet that was not opened mean nothing afterwards.
  Opened open_rtp(MutableBytes packet);
  Opened open_rtcp(MutableBytes packet);

 private:
  // Only libsrtp keeps state of an SSRC that could outlive ours.
  void forget_rtp(uint32_t ssrc);
  void forget_rtcp(uint32_t ssrc);

  Profile profile_;
  Keys keys_;
  Sources rtp_;
  Sources rtcp_;
};

}  // namespace sfu::srtp
