// How a stream's timestamps lie on its sender's clock, from its latest sender report (RFC 3550, 6.4.1).
// With it simulcast layers get one timeline, and our own reports keep the sender's relation of timestamp to
// NTP time, so that his audio and video stay in step.
#pragma once

#include <optional>

#include "core/base/time.hpp"

namespace sfu::rtcp {

struct NtpMapping {
  Ntp ntp;
  uint32_t rtp_timestamp = 0;
  Time arrival{};

  // The timestamp of the sender's instant `at`, before or after the report.
  uint32_t rtp_at(Ntp at, uint32_t clock_rate) const;
  // The mapping moved on to `now`, which is not before `arrival`: the report that the sender would send.
  NtpMapping at(Time now, uint32_t clock_rate) const;
};

// What to add to a timestamp of `from` to get that of the same instant in `to`; nullopt when the two have no
// common clock.
std::optional<uint32_t> timestamp_offset(const NtpMapping& from, const NtpMapping& to, uint32_t clock_rate);

}  // namespace sfu::rtcp
