// Bits per second, as a value: rates do not mix with sizes or times by accident.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <limits>

#include "core/base/time.hpp"

namespace sfu {

struct Bitrate {
  int64_t bps = 0;

  auto operator<=>(const Bitrate&) const = default;

  // How much it carries in a span, and how long it takes for so many bytes, rounded up.
  constexpr int64_t bytes_in(Duration span) const;
  constexpr Duration time_for(int64_t bytes) const;
  static constexpr Bitrate of(int64_t bytes, Duration span);

  friend constexpr Bitrate operator+(Bitrate a, Bitrate b) { return {a.bps + b.bps}; }
  friend constexpr Bitrate operator-(Bitrate a, Bitrate b) { return {a.bps - b.bps}; }
  friend constexpr Bitrate operator*(Bitrate rate, double factor);
  friend constexpr Bitrate operator*(double factor, Bitrate rate) { return rate * factor; }
  friend constexpr Bitrate operator/(Bitrate rate, double divisor) { return rate * (1 / divisor); }
  friend constexpr double operator/(Bitrate a, Bitrate b) {
    return static_cast<double>(a.bps) / static_cast<double>(b.bps);
  }
  Bitrate& operator+=(Bitrate other) { return *this = *this + other; }
  Bitrate& operator-=(Bitrate other) { return *this = *this - other; }
  Bitrate& operator*=(double factor) { return *this = *this * factor; }
};

// A quarter of the range: two of them may be added. A power of two: exact as a double, too.
inline constexpr Bitrate kUnlimited{int64_t{1} << 61};

constexpr Bitrate operator""_bps(unsigned long long value) { return {static_cast<int64_t>(value)}; }
constexpr Bitrate operator""_kbps(unsigned long long value) { return {static_cast<int64_t>(value) * 1000}; }
constexpr Bitrate operator""_mbps(unsigned long long value) {
  return {static_cast<int64_t>(value) * 1'000'000};
}
constexpr Bitrate operator""_mbps(long double value) { return {static_cast<int64_t>(value * 1e6L)}; }

namespace bitrate {

__extension__ using Wide = __int128;  // a rate times a span
inline constexpr Wide kBitMicroseconds = 8'000'000;

constexpr int64_t clamp(Wide value) {
  constexpr Wide kLimit = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp(value, -kLimit, kLimit));
}

}  // namespace bitrate

constexpr int64_t Bitrate::bytes_in(Duration span) const {
  return bitrate::clamp(bitrate::Wide{bps} * span.count() / bitrate::kBitMicroseconds);
}

constexpr Duration Bitrate::time_for(int64_t bytes) const {
  if (bps <= 0) return Duration::max();
  return Duration(bitrate::clamp((bytes * bitrate::kBitMicroseconds + bps - 1) / bps));
}

// Of no span at all: unlimited.
constexpr Bitrate Bitrate::of(int64_t bytes, Duration span) {
  if (span <= Duration(0)) return kUnlimited;
  return std::min(kUnlimited, {bitrate::clamp(bytes * bitrate::kBitMicroseconds / span.count())});
}

constexpr Bitrate operator*(Bitrate rate, double factor) {
  constexpr auto kLimit = static_cast<double>(kUnlimited.bps);
  const double product = std::clamp(static_cast<double>(rate.bps) * factor, -kLimit, kLimit);
  return {static_cast<int64_t>(product + (product < 0 ? -0.5 : 0.5))};
}

}  // namespace sfu
