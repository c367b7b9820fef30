// Bits per second, as a value: rates do not mix with sizes or times by accident.
#pragma once

#include <compare>
#include <cstdint>

#include "core/base/time.hpp"

namespace sfu {

struct Bitrate {
  int64_t bps = 0;

  auto operator<=>(const Bitrate&) const = default;
  friend constexpr Bitrate operator+(Bitrate a, Bitrate b) { return {a.bps + b.bps}; }
  friend constexpr Bitrate operator-(Bitrate a, Bitrate b) { return {a.bps - b.bps}; }
  friend constexpr Bitrate operator*(Bitrate a, double factor) {
    return {static_cast<int64_t>(static_cast<double>(a.bps) * factor)};
  }
  friend constexpr double operator/(Bitrate a, Bitrate b) {
    return static_cast<double>(a.bps) / static_cast<double>(b.bps);
  }

  // How much it carries in a span.
  constexpr int64_t bytes_in(Duration span) const { return bps * span.count() / 8'000'000; }
  // How long so much takes, rounded up.
  constexpr Duration time_for(int64_t bytes) const { return Duration((bytes * 8'000'000 + bps - 1) / bps); }
  static constexpr Bitrate of(int64_t bytes, Duration span) { return {bytes * 8'000'000 / span.count()}; }
};

inline constexpr Bitrate kUnlimited{INT64_MAX / 4};
constexpr Bitrate operator""_bps(unsigned long long value) { return {static_cast<int64_t>(value)}; }
constexpr Bitrate operator""_kbps(unsigned long long value) { return {static_cast<int64_t>(value) * 1000}; }
constexpr Bitrate operator""_mbps(unsigned long long value) {
  return {static_cast<int64_t>(value) * 1'000'000};
}
constexpr Bitrate operator""_mbps(long double value) { return {static_cast<int64_t>(value * 1e6L)}; }

}  // namespace sfu
