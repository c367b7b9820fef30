#include "sim/rate_encoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sfu::sim {
namespace {

constexpr double kFrameSpread = 0.15, kSceneSpread = 0.05, kSceneMemory = 0.97;
constexpr double kRepaid = 0.1;    // of the debt, by each frame
constexpr double kSmallest = 0.3;  // of its usual size, however great the debt
constexpr double kKeyFrame = 5, kKeyFrameSpread = 3;

// By the number of layers, then the layer.
constexpr std::array<std::array<double, 3>, 3> kShares = {{{1, 1, 1}, {0.6, 1, 1}, {0.4, 0.6, 1}}};

}  // namespace

double RateEncoder::share_up_to(uint8_t temporal_layer, uint8_t layers) {
  return kShares[layers - 1u][std::min<uint8_t>(temporal_layer, 2)];
}

SizedFrame RateEncoder::next(bool key) {
  key = key || frames_ == 0;
  since_key_ = key ? 0 : since_key_ + 1;
  const Place at = place();
  const uint32_t number = frames_++;
  if (at.temporal_layer == 0) ++tl0_index_;
  return {.key = key,
          .temporal_layer = at.temporal_layer,
          .layer_sync = at.sync,
          .discardable = at.discardable,
          .number = number,
          .refers_to = key ? number : number - at.back,
          .tl0_index = tl0_index_,
          .bytes = size(at, key)};
}

RateEncoder::Place RateEncoder::place() const {
  if (options_.temporal_layers == 1) return {};
  if (options_.temporal_layers == 2) {
    if (since_key_ % 2 == 1) return {1, 1, true, true};
    return {0, 2};
  }
  constexpr std::array<Place, 4> kPlaces = {{{0, 4}, {2, 1, true, true}, {1, 2, false, true}, {2, 1, true}}};
  return kPlaces[since_key_ % 4];
}

size_t RateEncoder::size(const Place& at, bool key) {
  const double mean = static_cast<double>(options_.rate.bps) / 8 / kFrameRate;
  // Its share of the rate, by how many of all frames are of its layer.
  constexpr std::array<std::array<double, 3>, 3> kFrames = {{{1, 0, 0}, {0.5, 0.5, 0}, {0.25, 0.25, 0.5}}};
  const size_t layers = options_.temporal_layers - 1u, layer = at.temporal_layer;
  const double share = kShares[layers][layer] - (layer > 0 ? kShares[layers][layer - 1] : 0);
  const double usual = mean * share / kFrames[layers][layer];

  complexity_ = kSceneMemory * complexity_ + kSceneSpread * noise();
  const double wish = key ? mean * (kKeyFrame + kKeyFrameSpread * random_.real())
                          : usual * std::exp(kFrameSpread * noise() + complexity_) - kRepaid * debt_;
  const double made = std::max(wish, usual * kSmallest);
  debt_ += made - usual;
  return static_cast<size_t>(made);
}

// Normal, near enough: of four dice.
double RateEncoder::noise() {
  return (random_.real() + random_.real() + random_.real() + random_.real() - 2) * std::sqrt(3.0);
}

}  // namespace sfu::sim
