#include "core/router/sharing.hpp"

#include <algorithm>

namespace sfu {
namespace {

constexpr uint8_t kHighest = 255;

Layers layers_of(const LayerOption& option) { return {option.spatial, option.temporal}; }

// Where there is no higher temporal layer, one that comes later is sent too.
Layers granted_by(const LayerOption& option) {
  return {option.spatial, option.whole ? kHighest : option.temporal};
}

Layers layers_of(const channel::ConsumerLayers& layers, uint8_t temporal_by_default) {
  const auto narrow = [](uint32_t layer) {
    return static_cast<uint8_t>(std::min<uint32_t>(layer, kHighest));
  };
  return {narrow(layers.spatial_layer), narrow(layers.temporal_layer.value_or(temporal_by_default))};
}

}  // namespace

void Sharing::clear() {
  parts_.clear();
  options_.clear();
}

void Sharing::add(Consumer& consumer, Time now) {
  const Part part{&consumer, options_.size(), options_.size()};
  consumer.layer_options(now, options_);
  if (const auto& most = consumer.allocation().max_layers)
    while (options_.size() > part.begin + 1 && layers_of(options_.back()) > layers_of(*most, kHighest))
      options_.pop_back();
  leave_out_slow_ones(part.begin);
  parts_.push_back({&consumer, part.begin, options_.size()});
}

// Above the lowest resolution, no step has less than half the frames: a larger picture is not worth a quarter
// of them.
void Sharing::leave_out_slow_ones(size_t begin) {
  const auto first = options_.begin() + static_cast<ptrdiff_t>(begin);
  uint8_t spatial = 0, fastest = 0;
  // From the top, so that a resolution's fastest is seen first.
  const auto is_slow = [&](const LayerOption& option) {
    if (option.spatial != spatial || fastest == 0) fastest = option.temporal;
    spatial = option.spatial;
    return spatial > first->spatial && option.temporal + 1 < fastest;
  };
  for (auto option = options_.end(); option != first;)
    if (is_slow(*--option)) option = options_.erase(option);
}

Bitrate Sharing::wanted() const {
  Bitrate sum;
  for (const Part& part : parts_)
    if (part.end > part.begin) sum += options_[part.end - 1].rate;
  return sum;
}

Bitrate Sharing::taken() const {
  Bitrate sum;
  for (const Part& part : parts_)
    if (const auto target = part.consumer->target_layers())
      if (const auto step = highest_within(part, *target)) sum += options_[part.begin + *step].rate;
  return sum;
}

Bitrate Sharing::share_out(Bitrate available, Turn& turn) {
  rates_.clear();
  for (const LayerOption& option : options_) rates_.push_back(option.rate);
  demands_.clear();
  for (const Part& part : parts_) demands_.push_back(demand_of(part, turn.now));
  const Bitrate given = bwe::allocate(demands_, available);
  for (size_t i = 0; i < parts_.size(); ++i)
    if (!demands_[i].ladder.empty()) tell(parts_[i], demands_[i], turn);  // else nothing comes of it as yet
  return given;
}

void Sharing::tell(const Part& part, const bwe::Demand& demand, Turn& turn) const {
  const auto& [current, granted] = std::pair(demand.current, demand.granted);
  if (current && (!granted || *granted < *current)) part.consumer->note_step_lost(turn.now);
  part.consumer->set_target_layers(
      granted ? std::optional(granted_by(options_[part.begin + *granted])) : std::nullopt, turn);
}

bwe::Demand Sharing::demand_of(const Part& part, Time now) const {
  const Consumer& consumer = *part.consumer;
  const Allocation& wish = consumer.allocation();
  bwe::Demand demand{.ladder = std::span(rates_).subspan(part.begin, part.end - part.begin),
                     .tier = wish.tier,
                     .weight = wish.weight,
                     .yields = wish.when_starved == channel::WhenStarved::kPause};
  if (wish.min_layers) demand.floor = highest_within(part, layers_of(*wish.min_layers, 0)).value_or(0);
  if (const auto target = consumer.target_layers()) demand.current = highest_within(part, *target);
  demand.margin = now - consumer.step_lost_at() < kHold ? kMarginOfLost : kMargin;
  return demand;
}

// The highest step of the ladder that is not above `layers`.
std::optional<size_t> Sharing::highest_within(const Part& part, Layers layers) const {
  std::optional<size_t> found;
  for (size_t i = part.begin; i < part.end; ++i)
    if (layers_of(options_[i]) <= layers) found = i - part.begin;
  return found;
}

}  // namespace sfu
