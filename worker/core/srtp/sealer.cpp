#include "core/srtp/sealer.hpp"

namespace sfu::srtp {

size_t SendKeys::seal_rtcp(MutableBytes buffer, size_t size) {
  CHECK(size >= kRtcpHeader && buffer.size() >= size + rtcp_overhead(profile_));
  return std::visit([&](auto& keys) { return keys.seal_rtcp(buffer, size); }, keys_);
}

#ifdef CONSOMME_IPSEC_MB

Sealer::Sealer(Backend backend) {
  if (backend == Backend::kIpsecMb) batch_.emplace();
}

void Sealer::seal(std::span<const SealJob> jobs) {
  for (const SealJob& job : jobs) {
    if (gather(job)) continue;
    std::visit([&](auto& keys) { keys.seal_rtp(job); }, job.keys->keys_);
  }
  if (batch_) batch_->run();
}

// Puts the job into the batch, unless it gains nothing there.
bool Sealer::gather(const SealJob& job) {
  auto* keys = std::get_if<Framing<IpsecMbCipher>>(&job.keys->keys_);
  if (!batch_ || !keys || !keys->rtp_cipher().gains_by_batch()) return false;
  batch_->add(keys->rtp_cipher(), keys->parts(job));
  return true;
}

#else

Sealer::Sealer(Backend) {}

void Sealer::seal(std::span<const SealJob> jobs) {
  for (const SealJob& job : jobs) {
    std::visit([&](auto& keys) { keys.seal_rtp(job); }, job.keys->keys_);
  }
}

#endif

}  // namespace sfu::srtp
