// libsrtp for one direction: the portable reference. It makes and reads whole packets by itself and keeps its
// own state of each SSRC; here is what fits that to callers who bring the packet's index.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "core/base/bytes.hpp"
#include "core/base/flat_map.hpp"
#include "core/srtp/header.hpp"
#include "core/srtp/parts.hpp"
#include "core/srtp/profile.hpp"
#include "core/srtp/seal_job.hpp"

struct srtp_ctx_t_;

namespace sfu::srtp {

// libsrtp refuses to be initialised twice in a process: whoever uses it calls this instead of srtp_init().
void init_libsrtp();

class LibsrtpSession {
 public:
  LibsrtpSession(Profile profile, const Master& master, Direction direction);

  void seal_rtp(const SealJob& job);
  size_t seal_rtcp(MutableBytes buffer, size_t size);
  // libsrtp reads the header for itself and comes to the same index.
  bool open_rtp(MutableBytes packet, const RtpHeader&, uint64_t);
  bool open_rtcp(MutableBytes packet);
  // The next packet of this SSRC will be like its first.
  void forget_rtp(uint32_t ssrc);
  void forget_rtcp(uint32_t ssrc);

 private:
  struct Free {
    void operator()(srtp_ctx_t_* context) const;
  };
  using Context = std::unique_ptr<srtp_ctx_t_, Free>;

  Context make_context();
  void follow(uint32_t ssrc, uint64_t index);
  void start_stream(uint32_t ssrc, uint32_t rollovers);

  Profile profile_;
  Direction direction_;
  std::array<uint8_t, 46> key_and_salt_{};
  // Apart, so that a stream of RTP can start over without SRTCP indexes being used twice.
  Context rtp_;
  Context rtcp_;
  FlatMap<uint32_t, uint64_t> newest_;  // index by SSRC, of what we send
};

}  // namespace sfu::srtp
