#include "core/bwe/trend_line.hpp"

namespace sfu::bwe {

std::optional<double> TrendLine::add(Duration delay_change, Time arrived) {
  if (count_ == 0) first_ = arrived;
  delay_ += seconds(delay_change) * 1000;
  smoothed_ = kSmoothing * smoothed_ + (1 - kSmoothing) * delay_;
  points_[count_++ % kWindow] = {seconds(arrived - first_) * 1000, smoothed_};
  return count_ >= kWindow ? slope() : std::nullopt;
}

std::optional<double> TrendLine::slope() const {
  Point mean{0, 0};
  for (const Point& point : points_) {
    mean.arrived += point.arrived / kWindow;
    mean.delay += point.delay / kWindow;
  }
  double covariance = 0;
  double variance = 0;
  for (const Point& point : points_) {
    covariance += (point.arrived - mean.arrived) * (point.delay - mean.delay);
    variance += (point.arrived - mean.arrived) * (point.arrived - mean.arrived);
  }
  if (variance <= 0) return std::nullopt;
  return covariance / variance;
}

}  // namespace sfu::bwe
