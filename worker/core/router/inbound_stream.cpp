#include "core/router/inbound_stream.hpp"

#include <algorithm>

#include "core/rtp/extensions.hpp"

namespace sfu {
namespace {

// What the payload tells better than a dependency descriptor, or alone.
void keep_payload(const rtp::Frame& payload, rtp::Frame& frame) {
  frame.key_frame = payload.key_frame;
  frame.begins = payload.begins;
  frame.parameters = payload.parameters;
  frame.picture_id_at = payload.picture_id_at;
  frame.picture_id_long = payload.picture_id_long;
  frame.picture_id = payload.picture_id;
  frame.tl0_picture_index_at = payload.tl0_picture_index_at;
  frame.tl0_picture_index = payload.tl0_picture_index;
}

}  // namespace

InboundStream::InboundStream(Options options)
    : options_(std::move(options)),
      history_(options_.video ? rtp::History::of_video() : rtp::History::of_audio()),
      key_frames_(options_.key_frame_delay) {}

void InboundStream::describe(rtp::Packet& packet, rtp::Codec codec) {
  packet.frame = {};
  if (packet.payload.size == 0) return;
  packet.unwrapped_sequence = order_.peek(packet.sequence);
  packet.frame = rtp::describe(codec, packet.payload_bytes(), packet.marker).value_or(rtp::Frame{});
  if (codec == rtp::Codec::kH264 || codec == rtp::Codec::kH265)
    packet.frame.begins &= begins_sequence(packet);
  else if (codec != rtp::Codec::kAv1 && codec != rtp::Codec::kVp8)
    return;
  packet.frame.undescribed = !complete(packet, codec) && !descriptors_useless_;
  has_undescribed_ |= packet.frame.undescribed;
}

// What other packets must tell of it; false: they have not come. Where there is a dependency descriptor, it
// counts: it may need a structure, which the first packet of a key frame brings. If that of such a packet
// means nothing, descriptors are of no use.
bool InboundStream::complete(rtp::Packet& packet, rtp::Codec codec) {
  if (packet.extension(rtp::Extension::kDependencyDescriptor).empty())
    return !packet.frame.continues || continue_layers(packet);
  if (const auto frame = read_descriptor(packet, codec)) {
    packet.frame = *frame;
    descriptors_useless_ = false;
    return true;
  }
  descriptors_useless_ |= packet.frame.key_frame && packet.frame.begins;
  return false;
}

// It says all of an AV1 frame. Of H264 and VP8 it says the layers, which VP8's payload then may leave out,
// and the payload where a decoder can begin.
std::optional<rtp::Frame> InboundStream::read_descriptor(const rtp::Packet& packet, rtp::Codec codec) {
  auto frame =
      dependencies_.read(packet.extension(rtp::Extension::kDependencyDescriptor), packet.unwrapped_sequence);
  if (frame && codec != rtp::Codec::kAv1) keep_payload(packet.frame, *frame);
  return frame;
}

bool InboundStream::explains_others(const rtp::Packet& packet) {
  if (!has_undescribed_) return false;
  return dependencies_.take_news() || packet.unwrapped_sequence < newest_sequence();
}

std::vector<rtp::PacketRef> InboundStream::take_described(rtp::Codec codec, Time now) {
  std::vector<rtp::PacketRef> out;
  if (!std::exchange(has_undescribed_, false)) return out;
  const int64_t newest = newest_sequence();
  const int64_t oldest = newest - static_cast<int64_t>(history_.capacity());
  for (int64_t sequence = oldest; sequence <= newest; ++sequence) {
    rtp::PacketRef packet = history_.find(sequence, now);
    if (!packet || !packet->frame.undescribed) continue;
    const bool known = complete(*packet, codec);
    packet->frame.useless = !known && now - packet->arrival > kExplanation;
    packet->frame.undescribed = !known && !packet->frame.useless;
    has_undescribed_ |= packet->frame.undescribed;
    if (!packet->frame.undescribed) out.push_back(std::move(packet));
  }
  return out;
}

// Whether nothing of this picture lies before the packet, which its parameter sets, sent in packets of their
// own, might.
bool InboundStream::begins_sequence(const rtp::Packet& packet) const {
  const rtp::Frame& frame = packet.frame;
  if (!frame.key_frame || frame.parameters) return true;
  const rtp::PacketRef before = history_.find(packet.unwrapped_sequence - 1, packet.arrival);
  return before && before->timestamp != packet.timestamp;
}

bool InboundStream::continue_layers(rtp::Packet& packet) const {
  const rtp::PacketRef before = history_.find(packet.unwrapped_sequence - 1, packet.arrival);
  if (!before || before->timestamp != packet.timestamp) return false;
  if (before->frame.undescribed || before->frame.useless) return false;
  packet.frame.spatial_layer = before->frame.spatial_layer;
  packet.frame.temporal_layer = before->frame.temporal_layer;
  return true;
}

bool InboundStream::receive(const rtp::PacketRef& packet, bool repair) {
  const Time now = packet->arrival;
  packet->unwrapped_sequence = repair ? order_.peek(packet->sequence) : order_.unwrap(packet->sequence);
  if (history_.find(packet->unwrapped_sequence, now)) {
    ++counts_.discarded;
    return false;
  }
  // A retransmission says nothing of the path's jitter, and is no news to a sender that repairs.
  if (!repair &&
      !reception_.on_packet(packet->sequence, packet->timestamp, now, options_.clock_rate, packet->size))
    return false;
  if (repair) ++counts_.retransmitted;
  if (missing_.on_packet(packet->unwrapped_sequence, repair, now) && repair) ++counts_.repaired;
  ++counts_.packets;
  counts_.bytes += packet->size;
  rate_.add(packet->size, now);
  if (options_.video) {
    count_layer(*packet);
    if (const auto captured = rtp::abs_capture_time(*packet))
      capture_ = rtcp::NtpMapping{captured->captured, packet->timestamp, now};
  }
  last_packet_ = now;
  history_.insert(packet);
  if (packet->frame.key_frame) key_frames_.on_key_frame();
  return true;
}

void InboundStream::count_layer(const rtp::Packet& packet) {
  const rtp::Frame& frame = packet.frame;
  auto layer = std::ranges::find_if(layers_, [&](const Layer& each) {
    return each.spatial == frame.spatial_layer && each.temporal == frame.temporal_layer;
  });
  if (layer == layers_.end()) layer = layers_.insert(layer, {frame.spatial_layer, frame.temporal_layer});
  if (packet.arrival - layer->last > kSilence)
    *layer = {.spatial = layer->spatial, .temporal = layer->temporal, .began = packet.arrival};
  layer->last = packet.arrival;
  layer->rate.add(packet.size, packet.arrival);
  const bool rests_below = !frame.unused_above || (frame.structure == 0 && !frame.inter_picture);
  if (rests_below) layer->below.add(packet.size, packet.arrival);
}

void InboundStream::learn_ssrc(uint32_t ssrc, bool rtx) {
  if (rtx) {
    options_.rtx_ssrc = ssrc;
    return;
  }
  if (options_.ssrc == ssrc) return;
  if (options_.ssrc) {  // the sender began anew
    order_.reset();
    missing_.reset();
    history_.clear();
    mapping_.reset();
    capture_.reset();
    dependencies_.reset();
    ++generation_;
  }
  options_.ssrc = ssrc;
}

std::optional<uint32_t> InboundStream::timestamp_offset_to(const InboundStream& other) const {
  const bool captured = capture_ && other.capture_;
  const auto& from = captured ? capture_ : mapping_;
  const auto& to = captured ? other.capture_ : other.mapping_;
  return from && to ? rtcp::timestamp_offset(*from, *to, options_.clock_rate) : std::nullopt;
}

bool InboundStream::check_silence(Time now) {
  history_.expire(now);
  const Duration patience = options_.dtx ? kSilenceWithDtx : kSilence;
  if (!active_ || now - last_packet_ <= patience) return false;
  active_ = false;
  score_.reset();
  return true;
}

std::span<const uint16_t> InboundStream::missing(Time now, Duration rtt) {
  if (!options_.nack) return {};
  const std::span<const uint16_t> lost = missing_.collect(now, rtt);
  if (!lost.empty()) ++counts_.nacks;
  counts_.nacked_packets += lost.size();
  return lost;
}

rtcp::ReportBlock InboundStream::report(Time now) {
  const int64_t expected = reception_.expected() - expected_at_report_;
  const uint64_t repaired = counts_.repaired - repaired_at_report_;
  expected_at_report_ = reception_.expected();
  repaired_at_report_ = counts_.repaired;
  const rtp::Reception::Report report = reception_.report();
  fraction_lost_ = report.fraction_lost;
  if (expected > 0) {
    const auto whole = static_cast<uint64_t>(expected);
    const uint64_t lost = whole * report.fraction_lost / 256;
    score_.update(whole, lost - std::min(lost, repaired), repaired);
  }
  rtcp::ReportBlock block{.ssrc = ssrc(),
                          .fraction_lost = report.fraction_lost,
                          .cumulative_lost = report.lost,
                          .highest_sequence = report.extended_highest,
                          .jitter = report.jitter};
  if (mapping_) {
    block.last_sr = mapping_->ntp.middle();
    block.delay_since_last_sr = to_ntp_middle(now - mapping_->arrival);
  }
  return block;
}

}  // namespace sfu
