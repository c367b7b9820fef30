#include "core/router/sharing.hpp"

#include <algorithm>

namespace sfu {
namespace {

bool is_within(const LayerOption& option, const channel::ConsumerLayers& layers) {
  if (option.spatial != layers.spatial_layer) return option.spatial < layers.spatial_layer;
  return option.temporal <= layers.temporal_layer.value_or(255);
}

std::optional<Layers> layers_of(const LayerOption& option) { return Layers{option.spatial, option.temporal}; }

}  // namespace

void Sharing::clear() {
  parts_.clear();
  options_.clear();
}

void Sharing::add(Consumer& consumer, Time now) {
  const size_t begin = options_.size();
  consumer.layer_options(now, options_);
  const auto& most = consumer.allocation().max_layers;
  while (most && options_.size() > begin + 1 && !is_within(options_.back(), *most)) options_.pop_back();
  parts_.push_back({&consumer, begin, options_.size()});
}

Bitrate Sharing::wanted() const {
  Bitrate sum;
  for (const Part& part : parts_)
    if (part.end > part.begin) sum += options_[part.end - 1].rate;
  return sum;
}

Bitrate Sharing::share_out(Bitrate available, Turn& turn) {
  rates_.clear();
  for (const LayerOption& option : options_) rates_.push_back(option.rate);
  demands_.clear();
  for (const Part& part : parts_) demands_.push_back(demand_of(part, turn.now));
  const Bitrate given = bwe::allocate(demands_, available);
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (demands_[i].ladder.empty()) continue;  // nothing comes of it as yet
    const std::optional<size_t> current = demands_[i].current, granted = demands_[i].granted;
    Consumer& consumer = *parts_[i].consumer;
    if (current && (!granted || *granted < *current)) consumer.note_step_lost(turn.now);
    consumer.set_target_layers(granted ? layers_of(options_[parts_[i].begin + *granted]) : std::nullopt,
                               turn);
  }
  return given;
}

bwe::Demand Sharing::demand_of(const Part& part, Time now) const {
  const Consumer& consumer = *part.consumer;
  const Allocation& wish = consumer.allocation();
  bwe::Demand demand{.ladder = std::span(rates_).subspan(part.begin, part.end - part.begin),
                     .tier = wish.tier,
                     .weight = wish.weight,
                     .yields = wish.when_starved == channel::WhenStarved::kPause};
  if (wish.min_layers) demand.floor = highest_within(part, *wish.min_layers).value_or(0);
  if (const auto target = consumer.target_layers()) demand.current = highest_within(part, *target);
  demand.margin = now - consumer.step_lost_at() < kHold ? kMarginOfLost : kMargin;
  return demand;
}

// The highest step of the ladder that is not above `layers`.
std::optional<size_t> Sharing::highest_within(const Part& part, const channel::ConsumerLayers& layers) const {
  std::optional<size_t> found;
  for (size_t i = part.begin; i < part.end; ++i)
    if (is_within(options_[i], layers)) found = i - part.begin;
  return found;
}

}  // namespace sfu
