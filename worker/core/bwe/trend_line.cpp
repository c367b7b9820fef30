#include "core/bwe/trend_line.hpp"

#include <algorithm>

namespace sfu::bwe {

std::optional<TrendLine::Trend> TrendLine::add(Duration delay_change, Time arrived) {
  if (count_ == 0) first_ = arrived;
  delay_ += seconds(delay_change) * 1000;
  smoothed_ = kSmoothing * smoothed_ + (1 - kSmoothing) * delay_;
  points_[count_++ % kWindow] = {seconds(arrived - first_) * 1000, smoothed_};
  return count_ >= kWindow ? fit() : std::nullopt;
}

std::optional<TrendLine::Trend> TrendLine::fit() const {
  Point mean{0, 0};
  for (const Point& point : points_) {
    mean.arrived += point.arrived;
    mean.delay += point.delay;
  }
  mean.arrived /= kWindow;
  mean.delay /= kWindow;
  double covariance = 0;
  double variance = 0;
  for (const Point& point : points_) {
    covariance += (point.arrived - mean.arrived) * (point.delay - mean.delay);
    variance += (point.arrived - mean.arrived) * (point.arrived - mean.arrived);
  }
  if (variance <= 0) return std::nullopt;
  const double slope = covariance / variance;
  const auto [first, last] = std::ranges::minmax(points_, {}, &Point::arrived);
  return Trend{slope, Duration(static_cast<int64_t>(slope * (last.arrived - first.arrived) * 1000))};
}

}  // namespace sfu::bwe
