// The core's timeline. It has no now(): time is an argument, never a question.
#pragma once

#include <chrono>
#include <cstdint>

namespace sfu {

struct Timeline {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Timeline>;
  static constexpr bool is_steady = true;
};

using Time = Timeline::time_point;
using Duration = Timeline::duration;
inline constexpr Time kNever = Time::max();
using namespace std::chrono_literals;

inline double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
inline int64_t milliseconds(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

// NTP time (RFC 5905, 6): 32.32 fixed point. The core's timeline starts somewhere in the past;
// only differences and the 16.16 middle matter to a peer (RFC 3550, 6.4.1).
struct Ntp {
  uint64_t value = 0;
  uint32_t middle() const { return static_cast<uint32_t>(value >> 16); }
  friend bool operator==(Ntp, Ntp) = default;
};

inline Ntp to_ntp(Duration since_epoch) {
  const auto us = static_cast<uint64_t>(since_epoch.count());
  return {(us / 1'000'000) << 32 | ((us % 1'000'000) << 32) / 1'000'000};
}
inline Ntp to_ntp(Time at) { return to_ntp(at.time_since_epoch()); }

// A span of NTP time in units of 1/65536 s, as in LSR and DLSR.
inline Duration from_ntp_middle(uint32_t span) { return Duration((uint64_t{span} * 1'000'000) >> 16); }
inline uint32_t to_ntp_middle(Duration span) {
  return static_cast<uint32_t>((static_cast<uint64_t>(span.count()) << 16) / 1'000'000);
}

}  // namespace sfu
