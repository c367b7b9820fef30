#include "core/srtp/libsrtp_session.hpp"

#include <srtp2/srtp.h>

#include <algorithm>
#include <bit>

#include "core/base/check.hpp"
#include "core/srtp/replay_window.hpp"

namespace sfu::srtp {
namespace {

constexpr size_t kMaxStreams = 1024;

srtp_profile_t profile_of(Profile profile) {
  switch (profile) {
    case Profile::kAeadAes128Gcm:
      return srtp_profile_aead_aes_128_gcm;
    case Profile::kAeadAes256Gcm:
      return srtp_profile_aead_aes_256_gcm;
    case Profile::kAesCm128HmacSha1_80:
      return srtp_profile_aes128_cm_sha1_80;
    case Profile::kAesCm128HmacSha1_32:
      return srtp_profile_aes128_cm_sha1_32;
  }
  return srtp_profile_reserved;
}

srtp_policy_t make_policy(Profile profile, uint8_t* key_and_salt) {
  srtp_policy_t policy{};
  CHECK(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile_of(profile)) == srtp_err_status_ok);
  CHECK(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile_of(profile)) ==
        srtp_err_status_ok);
  policy.key = key_and_salt;
  policy.window_size = ReplayWindow::kSize;
  policy.allow_repeat_tx = 1;
  return policy;
}

// Unlike libsrtp's other functions, srtp_remove_stream() takes an SSRC in network byte order.
uint32_t to_network(uint32_t ssrc) {
  std::array<uint8_t, 4> bytes;
  store32(bytes.data(), ssrc);
  return std::bit_cast<uint32_t>(bytes);
}

}  // namespace

void init_libsrtp() {
  static const bool ready = srtp_init() == srtp_err_status_ok;
  CHECK(ready);
}

void LibsrtpSession::Free::operator()(srtp_ctx_t_* context) const { srtp_dealloc(context); }

LibsrtpSession::LibsrtpSession(Profile profile, const Master& master, Direction direction)
    : profile_(profile), direction_(direction) {
  init_libsrtp();
  const auto salt = std::copy_n(master.key.begin(), key_size(profile), key_and_salt_.begin());
  std::copy_n(master.salt.begin(), salt_size(profile), salt);
  rtp_ = make_context();
  rtcp_ = make_context();
}

LibsrtpSession::Context LibsrtpSession::make_context() {
  srtp_policy_t policy = make_policy(profile_, key_and_salt_.data());
  policy.ssrc.type = direction_ == Direction::kSeal ? ssrc_any_outbound : ssrc_any_inbound;
  srtp_t context = nullptr;
  CHECK(srtp_create(&context, &policy) == srtp_err_status_ok);
  return Context(context);
}

void LibsrtpSession::seal_rtp(const SealJob& job) {
  uint8_t* text = job.out + job.header;
  if (job.payload != text && job.payload_size > 0) std::memcpy(text, job.payload, job.payload_size);
  follow(load32(job.out + 8), job.index);
  int size = job.header + job.payload_size;
  CHECK(srtp_protect(rtp_.get(), job.out, &size) == srtp_err_status_ok);
}

// libsrtp guesses the index from the newest it has seen of the SSRC, and refuses those that left its replay
// window. Where it would not come to `index` by itself, the stream starts over with the right ROC.
void LibsrtpSession::follow(uint32_t ssrc, uint64_t index) {
  uint64_t* newest = newest_.find(ssrc);
  const bool close = newest && index < *newest + 0x8000 && index + ReplayWindow::kSize > *newest;
  if (close) {
    *newest = std::max(*newest, index);
    return;
  }
  if (!newest && newest_.size() == kMaxStreams) {
    newest_.clear();
    rtp_ = make_context();
  }
  newest_[ssrc] = index;
  start_stream(ssrc, static_cast<uint32_t>(index >> 16));
}

void LibsrtpSession::start_stream(uint32_t ssrc, uint32_t rollovers) {
  forget_rtp(ssrc);
  srtp_policy_t policy = make_policy(profile_, key_and_salt_.data());
  policy.ssrc = {ssrc_specific, ssrc};
  CHECK(srtp_add_stream(rtp_.get(), &policy) == srtp_err_status_ok);
  if (rollovers > 0) CHECK(srtp_set_stream_roc(rtp_.get(), ssrc, rollovers) == srtp_err_status_ok);
}

size_t LibsrtpSession::seal_rtcp(MutableBytes buffer, size_t size) {
  CHECK(buffer.size() >= size + rtcp_overhead(profile_));
  int sealed = static_cast<int>(size);
  const bool ok = srtp_protect_rtcp(rtcp_.get(), buffer.data(), &sealed) == srtp_err_status_ok;
  return ok ? static_cast<size_t>(sealed) : 0;
}

bool LibsrtpSession::open_rtp(MutableBytes packet, const RtpHeader&, uint64_t) {
  int size = static_cast<int>(packet.size());
  return srtp_unprotect(rtp_.get(), packet.data(), &size) == srtp_err_status_ok;
}

bool LibsrtpSession::open_rtcp(MutableBytes packet) {
  int size = static_cast<int>(packet.size());
  return srtp_unprotect_rtcp(rtcp_.get(), packet.data(), &size) == srtp_err_status_ok;
}

void LibsrtpSession::forget_rtp(uint32_t ssrc) { srtp_remove_stream(rtp_.get(), to_network(ssrc)); }
void LibsrtpSession::forget_rtcp(uint32_t ssrc) { srtp_remove_stream(rtcp_.get(), to_network(ssrc)); }

}  // namespace sfu::srtp
