#include "core/rtcp/ntp_mapping.hpp"

namespace sfu::rtcp {
namespace {

// Between two reports the sender's clock and ours must advance alike, but for what the network delays.
constexpr Duration kMaxDisagreement = 10s;

// The signed span of NTP time, a whole number of seconds and an unsigned fraction of one.
int64_t span(Ntp from, Ntp to) { return static_cast<int64_t>(to.value - from.value); }

uint32_t to_clock(int64_t ntp_span, uint32_t clock_rate) {
  constexpr uint64_t kHalf = uint64_t{1} << 31;
  const auto whole = static_cast<uint32_t>(ntp_span >> 32);
  const uint64_t fraction = static_cast<uint32_t>(ntp_span);
  return whole * clock_rate + static_cast<uint32_t>((fraction * clock_rate + kHalf) >> 32);
}

double to_seconds(int64_t ntp_span) { return static_cast<double>(ntp_span) / 4294967296.0; }

bool share_a_clock(const NtpMapping& a, const NtpMapping& b) {
  if (a.ntp.value == 0 || b.ntp.value == 0) return false;
  const double disagreement = to_seconds(span(a.ntp, b.ntp)) - seconds(b.arrival - a.arrival);
  return disagreement <= seconds(kMaxDisagreement) && -disagreement <= seconds(kMaxDisagreement);
}

}  // namespace

uint32_t NtpMapping::rtp_at(Ntp at, uint32_t clock_rate) const {
  return rtp_timestamp + to_clock(span(ntp, at), clock_rate);
}

NtpMapping NtpMapping::at(Time now, uint32_t clock_rate) const {
  const Ntp moved{ntp.value + to_ntp(now - arrival).value};
  return {moved, rtp_at(moved, clock_rate), now};
}

std::optional<uint32_t> timestamp_offset(const NtpMapping& from, const NtpMapping& to, uint32_t clock_rate) {
  if (!share_a_clock(from, to)) return std::nullopt;
  return to.rtp_at(from.ntp, clock_rate) - from.rtp_timestamp;
}

}  // namespace sfu::rtcp
