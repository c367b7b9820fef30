// Round-trip time from a report that echoes our own: now - when ours left - how long the peer held it
// (RFC 3550, 6.4.1; RFC 3611, 4.5). In 1/65536 s, modulo 2^32: right across the wrap every 18 hours.
#pragma once

#include <optional>

#include "core/base/time.hpp"
#include "core/rtcp/report_block.hpp"
#include "core/rtcp/xr.hpp"

namespace sfu::bwe {

// nullopt when the peer has had no report of ours, or when its arithmetic gives a negative time.
inline std::optional<Duration> round_trip(Ntp now, uint32_t echoed, uint32_t held) {
  if (echoed == 0) return std::nullopt;
  const uint32_t span = now.middle() - echoed - held;
  if (span > 0x7fffffff) return std::nullopt;
  return from_ntp_middle(span);
}
inline std::optional<Duration> round_trip(Ntp now, const rtcp::ReportBlock& block) {
  return round_trip(now, block.last_sr, block.delay_since_last_sr);
}
inline std::optional<Duration> round_trip(Ntp now, const rtcp::Dlrr& dlrr) {
  return round_trip(now, dlrr.last_rr, dlrr.delay_since_last_rr);
}

}  // namespace sfu::bwe
