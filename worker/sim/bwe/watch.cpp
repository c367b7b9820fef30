#include "sim/bwe/watch.hpp"

#include <algorithm>

namespace sfu::sim {

Watch::Watch(World& world, Peer& receiver, Time start) : world_(world), receiver_(receiver), start_(start) {
  flow_.bins.emplace_back();
  receiver.downlink.observer = [this](const Link::Crossing& crossing) { on_crossing(crossing); };
  receiver.on_heard = [this](const HeardPacket& packet) { on_heard(packet); };
}

void Watch::add(uint32_t consumer, size_t source, bool video) {
  consumers_.try_emplace(consumer, Consumer{flow_.consumers.size(), {}, world_.now});
  flow_.consumers.push_back({.source = source, .video = video});
}

void Watch::on_crossing(const Link::Crossing& crossing) {
  const auto bytes = static_cast<int64_t>(crossing.bytes);
  bin().sent += bytes;
  ++bin().packets;
  bin().dropped += crossing.dropped ? 1 : 0;
  bin().longest_wait = std::max(bin().longest_wait, crossing.waited);
  if (crossing.arrives) flow_.waits.push_back({elapsed(), crossing.waited});

  if (world_.now - burst_began_ >= Burst::kSpan || flow_.bursts.empty()) {
    burst_began_ = world_.now;
    flow_.bursts.emplace_back();
  }
  Burst& burst = flow_.bursts.back();
  burst.allowance = std::max(burst.allowance, allowance());
  burst.bytes += bytes;
  burst.largest = std::max(burst.largest, bytes);
  ++burst.packets;
}

// None while the transport's estimate does not rule.
std::optional<int64_t> Watch::allowance() {
  const int64_t bytes = world_.sfu().transport(receiver_.transport())->slot_bytes();
  return bytes < kUnbounded ? std::optional(bytes) : std::nullopt;
}

void Watch::on_heard(const HeardPacket& packet) {
  using enum HeardPacket::Kind;
  const bool fresh = packet.kind == kMedia || packet.kind == kRepair;
  bin().arrived += static_cast<int64_t>(packet.bytes);
  if (!fresh) return;
  bin().media += static_cast<int64_t>(packet.bytes);
  const auto consumer = consumers_.find(packet.consumer);
  if (consumer != consumers_.end() && flow_.consumers[consumer->second.at].video)
    decode(consumer->second, packet.payload);
}

void Watch::decode(Consumer& consumer, Bytes payload) {
  consumer.last_heard = world_.now;
  const auto mark = PictureMark::read(payload);
  if (!mark) return;
  std::vector<Duration>& decoded = flow_.consumers[consumer.at].decoded;
  decoded.insert(decoded.end(), consumer.decoder.receive(*mark, world_.now).size(), elapsed());
}

void Watch::on_bin() {
  const auto stats = world_.ask(channel::GetTransportStats{receiver_.transport()});
  if (stats.available_outgoing_bitrate) bin().estimate = Bitrate{*stats.available_outgoing_bitrate};
  flow_.bins.emplace_back();
  request_key_frames();
}

void Watch::request_key_frames() {
  for (auto& [handle, consumer] : consumers_) {
    const Time shown = std::max(consumer.decoder.last_decoded().value_or(consumer.added), consumer.added);
    const bool starved = world_.now - std::max(shown, consumer.last_request) > kPictureTimeout;
    if (!starved || consumer.last_heard <= shown) continue;
    consumer.last_request = world_.now;
    receiver_.send_pli(handle);
  }
}

void Watch::on_layers(uint32_t consumer, const channel::LayersChange& change) {
  WatchedConsumer::Layers now{.at = elapsed()};
  if (change.layers) {
    now.spatial = static_cast<int>(change.layers->spatial_layer);
    now.temporal = change.layers->temporal_layer ? static_cast<int>(*change.layers->temporal_layer) : -1;
  }
  flow_.consumers[consumers_.at(consumer).at].layers.push_back(now);
}

WatchedFlow Watch::take() {
  flow_.bins.pop_back();  // has just begun
  return std::move(flow_);
}

}  // namespace sfu::sim
