// Whether a queue grows: the slope of the smoothed delay over the last kWindow groups, by least squares (in
// the place of the Kalman filter of draft-ietf-rmcat-gcc-02, 5.3). 0.1 means that each second adds 100 ms.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "core/base/time.hpp"

namespace sfu::bwe {

class TrendLine {
 public:
  static constexpr size_t kWindow = 20;
  static constexpr double kSmoothing = 0.9;

  struct Trend {
    double slope;
    Duration rise;  // over the window
  };
  // nullopt until the window is full.
  std::optional<Trend> add(Duration delay_change, Time arrived);
  void reset() { *this = TrendLine(); }

 private:
  struct Point {
    double arrived;  // in ms after the first
    double delay;    // in ms
  };
  std::optional<Trend> fit() const;

  std::array<Point, kWindow> points_{};
  size_t count_ = 0;
  Time first_{};
  double delay_ = 0;
  double smoothed_ = 0;
};

}  // namespace sfu::bwe
