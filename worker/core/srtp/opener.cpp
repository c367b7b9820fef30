#include "core/srtp/opener.hpp"

namespace sfu::srtp {

Opened Opener::open_rtp(MutableBytes packet) {
  const std::optional<RtpHeader> header = parse_rtp(profile_, packet);
  if (!header) return Drop::kMalformedRtp;
  const ReplayWindow* window = rtp_.find(header->ssrc);
  const uint64_t index = window ? window->estimate(header->sequence) : header->sequence;
  if (window && window->has(index)) return Drop::kReplayed;
  if (!std::visit([&](auto& keys) { return keys.open_rtp(packet, *header, index); }, keys_)) {
    return Drop::kNotAuthentic;
  }
  if (const auto forgotten = rtp_.add(header->ssrc, index)) forget_rtp(*forgotten);
  return packet.size() - rtp_overhead(profile_);
}

Opened Opener::open_rtcp(MutableBytes packet) {
  const std::optional<RtcpHeader> header = parse_rtcp(profile_, packet);
  if (!header) return Drop::kMalformedRtcp;
  const ReplayWindow* window = rtcp_.find(header->ssrc);
  if (window && window->has(header->index)) return Drop::kReplayed;
  if (!std::visit([&](auto& keys) { return keys.open_rtcp(packet); }, keys_)) return Drop::kNotAuthentic;
  if (const auto forgotten = rtcp_.add(header->ssrc, header->index)) forget_rtcp(*forgotten);
  return packet.size() - rtcp_overhead(profile_);
}

void Opener::forget_rtp(uint32_t ssrc) {
  if (auto* session = std::get_if<LibsrtpSession>(&keys_)) session->forget_rtp(ssrc);
}

void Opener::forget_rtcp(uint32_t ssrc) {
  if (auto* session = std::get_if<LibsrtpSession>(&keys_)) session->forget_rtcp(ssrc);
}

}  // namespace sfu::srtp
