// Which layers a consumer aims at, and what it tells of those that it gets.
#include <algorithm>

#include "core/router/consumer.hpp"
#include "core/router/producer.hpp"

namespace sfu {
namespace {

constexpr uint8_t kAll = rtp::OperatingPoint::kAll;
constexpr uint8_t kTopLayer = 7;  // more than any codec has

// Of those that are being sent.
struct Span {
  uint8_t lowest = kAll;
  uint8_t highest = 0;
  bool empty() const { return lowest == kAll; }
  void add(uint8_t layer) {
    lowest = std::min(lowest, layer);
    highest = std::max(highest, layer);
  }
};

Span spatial_layers_of(const InboundStream& stream) {
  Span span;
  for (const InboundStream::Layer& layer : stream.layers())
    if (stream.is_alive(layer)) span.add(layer.spatial);
  return span;
}

uint8_t highest_temporal_layer(const InboundStream& stream, std::optional<uint8_t> spatial) {
  uint8_t highest = 0;
  for (const InboundStream::Layer& layer : stream.layers())
    if (stream.is_alive(layer) && layer.spatial == spatial.value_or(layer.spatial))
      highest = std::max(highest, layer.temporal);
  return highest;
}

uint8_t within_byte(uint32_t layer) { return static_cast<uint8_t>(std::min<uint32_t>(layer, kTopLayer)); }

}  // namespace

// ---- what is wanted

// Within what the producer has; where it does not say how many temporal layers these are, as asked.
void Consumer::prefer(const channel::ConsumerLayers& layers) {
  const uint32_t temporal_layers = producer_.streams().front().options().temporal_layers;
  preferred_ = {std::min<uint32_t>(layers.spatial_layer, spatial_layers() - 1u), layers.temporal_layer};
  if (temporal_layers > 1)
    preferred_->temporal_layer = std::min(layers.temporal_layer.value_or(kAll), temporal_layers - 1);
}

void Consumer::set_preferred_layers(const channel::ConsumerLayers& layers, Turn& turn) {
  if (!layered()) return;
  prefer(layers);
  if (flowing_) aim_or_ask(turn);
}

Layers Consumer::limit() const {
  if (!preferred_) return {kTopLayer, kTopLayer};
  return {within_byte(preferred_->spatial_layer),
          within_byte(preferred_->temporal_layer.value_or(kTopLayer))};
}

// The highest within the preferred layers, or what it was granted of that.
Layers Consumer::wish() const {
  const Layers limit = this->limit();
  if (!granted_) return limit;
  return {std::min(granted_->spatial, limit.spatial), std::min(granted_->temporal, limit.temporal)};
}

void Consumer::set_target_layers(std::optional<Layers> target, Turn& turn) {
  starved_ = !target;
  if (target) granted_ = target;
  const bool flowed = flowing_;
  update_flow(turn);
  if (flowed && flowing_) aim(turn);
}

// ---- going there

void Consumer::check_layers(Turn& turn) {
  if (flowing_ && kind_ == channel::MediaKind::kVideo && !pipes()) aim(turn);
}

void Consumer::aim(Turn& turn) {
  const Layers wanted = wish();
  if (pipes())
    target_ = leg_;
  else
    choose_stream(wanted, turn.now);
  if (filter_) choose_layers(wanted);
  if (needs_key_frame(turn.now)) producer_.request_key_frame(*target_, turn);
}

void Consumer::choose_stream(Layers wanted, Time now) {
  const auto& streams = producer_.streams();
  uint32_t alive = 0;
  for (const InboundStream& stream : streams) alive |= uint32_t{stream.active()} << stream.index();
  const auto top = static_cast<uint8_t>(streams.size() - 1);
  target_ = switch_.choose(std::min(wanted.spatial, top), alive, current_, now);
}

// Of the stream: all spatial layers, where each stream is one. Another stream than wanted is sent as fast as
// the client likes, if it costs less; and a lower one as fast as it was, until the higher one comes.
void Consumer::choose_layers(Layers wanted) {
  aim_ = wanted;
  if (simulcast()) {
    if (*target_ < wanted.spatial) aim_.temporal = limit().temporal;
    aim_.spatial = kAll;
    if (current_ && *current_ < *target_) return filter_->want(kAll, filter_->point().temporal);
  } else if (const Span alive = spatial_layers_of(producer_.streams().front()); !alive.empty()) {
    aim_.spatial = std::max(wanted.spatial, alive.lowest);
  }
  filter_->want(aim_.spatial, aim_.temporal);
}

// To begin with the target, or to get to its layers. Where the encoder has switching points, one is waited
// for.
bool Consumer::needs_key_frame(Time now) {
  if (target_ != current_) return true;
  if (!filter_) return false;
  const InboundStream& stream = producer_.streams()[*target_];
  const Span alive = spatial_layers_of(stream);
  const uint8_t spatial = std::min(aim_.spatial, alive.highest);
  const uint8_t temporal = std::min(
      aim_.temporal, highest_temporal_layer(stream, simulcast() ? std::nullopt : std::optional(spatial)));
  const auto lacks = filter_->lacks(simulcast() ? kAll : spatial, temporal, stream.structure());
  if (lacks != rtp::LayerFilter::Lacks::kSwitchPoint) {
    lacking_since_.reset();
    return lacks == rtp::LayerFilter::Lacks::kKeyFrame;
  }
  if (!lacking_since_) lacking_since_ = now;
  if (now - *lacking_since_ < StreamSwitch::kPatience) return false;
  lacking_since_ = now;
  return true;
}

// ---- what there is

// A layer costs what it is sent with, and what it rests on.
void Consumer::add_options(InboundStream& stream, Time now, std::vector<LayerOption>& out) const {
  for (const InboundStream::Layer& layer : stream.layers()) {
    if (!stream.is_alive(layer)) continue;
    uint64_t rate = 0;
    for (InboundStream::Layer& each : stream.layers()) {
      if (each.temporal > layer.temporal || each.spatial > layer.spatial) continue;
      rate += (each.spatial == layer.spatial ? each.rate : each.below).bits_per_second(now, each.began);
    }
    out.push_back({.spatial = simulcast() ? stream.index() : layer.spatial,
                   .temporal = layer.temporal,
                   .rate = {static_cast<int64_t>(rate)},
                   .whole = layer.temporal == highest_temporal_layer(stream, layer.spatial)});
  }
}

void Consumer::layer_options(Time now, std::vector<LayerOption>& out) {
  auto& streams = producer_.streams();
  if (!layered()) {
    InboundStream& stream = streams[pipes() ? leg_ : 0];
    if (stream.active()) out.push_back({0, 0, {static_cast<int64_t>(stream.bitrate(now))}});
    return;
  }
  const auto before = static_cast<std::ptrdiff_t>(out.size());
  for (InboundStream& stream : streams)
    if (stream.active()) add_options(stream, now, out);
  const std::span options = std::span(out).subspan(static_cast<size_t>(before));
  if (options.empty()) return;
  std::ranges::sort(options, {}, [](const LayerOption& each) { return Layers{each.spatial, each.temporal}; });
  const auto is_too_much = [limit = limit()](const LayerOption& each) {
    return each.spatial > limit.spatial || each.temporal > limit.temporal;
  };
  const bool none = std::ranges::all_of(options, is_too_much);
  // Of several, the first is the lowest that is sent.
  out.erase(none ? out.begin() + before + 1 : std::remove_if(out.begin() + before, out.end(), is_too_much),
            out.end());
}

// ---- what is told

// Where nothing else was asked for, the highest.
std::optional<channel::ConsumerLayers> Consumer::preferred_layers() const {
  if (!layered() || preferred_) return preferred_;
  const uint32_t temporal_layers = producer_.streams().front().options().temporal_layers;
  return channel::ConsumerLayers{
      .spatial_layer = spatial_layers() - 1u,
      .temporal_layer = temporal_layers > 1 ? std::optional(temporal_layers - 1) : std::nullopt};
}

// Those that were negotiated, or that have been seen.
uint8_t Consumer::top_temporal_layer(uint8_t stream) const {
  const InboundStream& of = producer_.streams()[stream];
  const auto negotiated = static_cast<uint8_t>(of.options().temporal_layers - 1);
  return std::max(negotiated, highest_temporal_layer(of, std::nullopt));
}

std::optional<Layers> Consumer::target_layers() const {
  if (!target_) return std::nullopt;
  if (!layered()) return Layers{};
  const uint8_t highest = spatial_layers_of(producer_.streams()[*target_]).highest;
  return Layers{simulcast() ? *target_ : std::min(aim_.spatial, highest),
                std::min(aim_.temporal, top_temporal_layer(*target_))};
}

std::optional<Layers> Consumer::current_layers() const {
  if (!current_) return std::nullopt;
  if (!layered()) return Layers{};
  const rtp::OperatingPoint& point = filter_->point();
  return Layers{simulcast() ? *current_ : point.spatial,
                std::min(point.temporal, top_temporal_layer(*current_))};
}

// Whether the packet shows that the layers are others than those told.
bool Consumer::shows(const rtp::Packet& packet) const {
  if (!filter_) return false;
  const rtp::OperatingPoint& point = filter_->point();
  return point.spatial != told_point_.spatial || point.temporal != told_point_.temporal || !told_layers_ ||
         packet.frame.temporal_layer > told_layers_->temporal;
}

void Consumer::tell_layers(Turn& turn) {
  if (!layered()) return;
  const std::optional<Layers> now = current_layers();
  if (now) told_point_ = filter_->point();
  if (now == told_layers_) return;
  told_layers_ = now;
  turn.tell(handle_, channel::LayersChange{to_channel(now)});
}

std::optional<channel::ConsumerLayers> to_channel(std::optional<Layers> layers) {
  if (!layers) return std::nullopt;
  return channel::ConsumerLayers{layers->spatial, layers->temporal};
}

}  // namespace sfu
