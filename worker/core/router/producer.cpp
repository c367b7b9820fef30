#include "core/router/producer.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include "core/router/consumer.hpp"
#include "core/router/rtp_observer.hpp"
#include "core/router/rtp_parameters.hpp"
#include "core/router/transport.hpp"
#include "core/rtp/codec.hpp"
#include "core/rtp/rtx.hpp"

namespace sfu {

Result<std::unique_ptr<Producer>> Producer::make(const channel::Produce& request, Transport& transport) {
  if (!request.rtp_parameters || request.rtp_parameters->codecs.empty())
    return Error::type("rtpParameters.codecs must not be empty");
  if (request.rtp_parameters->encodings.empty())
    return Error::type("rtpParameters.encodings must not be empty");
  if (request.rtp_parameters->encodings.size() > kMaxStreams)
    return Error::type("rtpParameters.encodings has more than 16 entries");
  if (!request.rtp_mapping) return Error::type("rtpMapping is missing");
  std::unique_ptr<Producer> producer(new Producer(request, transport));
  if (producer->codecs_.empty()) return Error::type("rtpMapping.codecs maps none of rtpParameters.codecs");
  return producer;
}

Producer::Producer(const channel::Produce& request, Transport& transport)
    : handle_(request.producer),
      transport_(transport),
      kind_(request.kind),
      paused_(request.paused),
      mid_(request.rtp_parameters->mid.value_or("")),
      extensions_(negotiated_extensions(*request.rtp_parameters)) {
  if (request.packet_ids) last_packet_id_ = 0;
  const channel::RtpParameters& rtp = *request.rtp_parameters;
  for (const channel::CodecMapping& mapping : request.rtp_mapping->codecs)
    if (const auto* codec = find_codec(rtp, mapping.payload_type))
      codecs_.push_back({.payload_type = static_cast<uint8_t>(mapping.payload_type & 0x7f),
                         .mapped_payload_type = static_cast<uint8_t>(mapping.mapped_payload_type & 0x7f),
                         .codec = rtp::codec_of(codec->mime_type),
                         .rtx = is_rtx(*codec)});
  for (const channel::RtpEncodingParameters& encoding : rtp.encodings) {
    InboundStream::Options options = stream_options(rtp, encoding, video());
    options.index = static_cast<uint8_t>(streams_.size());
    options.key_frame_delay = std::chrono::milliseconds(std::min(request.key_frame_request_delay, 60'000u));
    streams_.emplace_back(std::move(options));
  }
  told_scores_.resize(streams_.size());
}

Demux::Section Producer::section() const {
  Demux::Section section{.producer = const_cast<Producer*>(this), .mid = mid_};
  for (const InboundStream& stream : streams_)
    section.encodings.push_back({stream.options().ssrc, stream.options().rtx_ssrc, stream.options().rid});
  for (const CodecEntry& codec : codecs_)
    (codec.rtx ? section.rtx_payload_types : section.media_payload_types).push_back(codec.payload_type);
  return section;
}

const Producer::CodecEntry* Producer::codec_of(uint8_t payload_type) const {
  const auto found = std::ranges::find(codecs_, payload_type, &CodecEntry::payload_type);
  return found == codecs_.end() ? nullptr : &*found;
}

InboundStream* Producer::receive(rtp::PacketRef& packet, const Demux::Route& route, Turn& turn) {
  InboundStream& stream = streams_[route.stream];
  stream.learn_ssrc(packet->ssrc, route.rtx);
  if (route.rtx && !unwrap(*packet, stream)) return nullptr;  // RFC 4588; probes end here
  const CodecEntry* codec = codec_of(packet->payload_type);
  if (!codec || codec->rtx) {
    turn.drop(Drop::kUnknownPayloadType);
    return nullptr;
  }
  stream.describe(*packet, codec->codec);  // once for all consumers
  if (traces.any())
    traces.packet(handle_, *packet, Traces::numbers_of(*packet), Traces::Direction::kIn, route.rtx, turn);
  packet->payload_type = codec->mapped_payload_type;
  if (last_packet_id_) rtp::set_packet_id(*packet, ++*last_packet_id_);
  if (!stream.receive(packet, route.rtx)) {
    turn.drop(Drop::kDuplicate);
    return nullptr;
  }
  transport_.wake_producers_by(std::min(stream.missing_deadline(), stream.key_frames().deadline()));
  if (stream.wake_up()) on_active_changed(turn);
  if (video()) note_orientation(*packet, turn);
  if (!observers.empty() && !paused_) note_level(*packet, turn.now);
  return &stream;
}

void Producer::forward_described(InboundStream& stream, Turn& turn) {
  for (const rtp::PacketRef& each :
       stream.take_described(rtp::codec_of(stream.options().mime_type), turn.now))
    for (Consumer* consumer : consumers)
      if (consumer->layered()) consumer->forward(each, stream, turn);
}

bool Producer::unwrap(rtp::Packet& packet, InboundStream& stream) {
  const auto& options = stream.options();
  if (!options.ssrc) return false;
  if (rtp::unwrap_rtx(packet, options.payload_type, *options.ssrc) == rtp::Rtx::kOriginal) return true;
  stream.on_rtx_discarded();
  return false;
}

void Producer::note_orientation(const rtp::Packet& packet, Turn& turn) {
  const auto orientation = rtp::video_orientation(packet);
  if (!orientation || orientation == orientation_) return;
  orientation_ = orientation;
  turn.tell(handle_, channel::VideoOrientation{.camera = orientation->camera_back,
                                               .flip = orientation->flip,
                                               .rotation = orientation->rotation});
}

void Producer::note_level(const rtp::Packet& packet, Time now) {
  if (const auto level = rtp::audio_level(packet))
    for (RtpObserver* observer : observers) observer->on_level(handle_, level->level, now);
}

uint8_t Producer::worst_fraction_lost() const {
  uint8_t worst = 0;
  for (const Consumer* consumer : consumers) worst = std::max(worst, consumer->remote().fraction_lost);
  return worst;
}

void Producer::pause(Turn& turn) {
  if (std::exchange(paused_, true)) return;
  for (Consumer* consumer : consumers) consumer->on_producer_paused(turn);
}

void Producer::resume(Turn& turn) {
  if (!std::exchange(paused_, false)) return;
  for (Consumer* consumer : consumers) consumer->on_producer_resumed(turn);
}

void Producer::request_key_frame(uint8_t stream, Turn& turn) {
  if (!video() || stream >= streams_.size()) return;
  InboundStream& wanted = streams_[stream];
  if (wanted.key_frames().request(turn.now, transport_.rtt()))
    transport_.send_key_frame_request(*this, wanted, turn);
  transport_.wake_producers_by(wanted.key_frames().deadline());
  transport_.update_deadline(turn.now);
}

bool Producer::is_wanted(uint8_t stream) const {
  return std::ranges::any_of(consumers, [&](const Consumer* consumer) { return consumer->wants(stream); });
}

void Producer::on_silence_check(Turn& turn) {
  bool changed = false;
  for (InboundStream& stream : streams_) changed = stream.check_silence(turn.now) || changed;
  if (changed) on_active_changed(turn);
  for (InboundStream& stream : streams_)
    if (stream.has_undescribed()) forward_described(stream, turn);
  for (Consumer* consumer : consumers) consumer->check_layers(turn);
}

void Producer::on_bye(uint8_t stream, Turn& turn) {
  streams_[stream].silence();
  on_active_changed(turn);
}

void Producer::on_active_changed(Turn& turn) {
  for (Consumer* consumer : consumers) consumer->on_streams_changed(turn);
  tell_scores(turn);
}

void Producer::tell_scores(Turn& turn) {
  std::vector<uint8_t> scores;
  for (const InboundStream& stream : streams_) scores.push_back(stream.score());
  if (scores == told_scores_) return;
  told_scores_ = std::move(scores);
  channel::ProducerScores event;
  for (const InboundStream& stream : streams_) {
    const std::string& rid = stream.options().rid;
    event.scores.push_back({.encoding_idx = stream.index(),
                            .ssrc = stream.ssrc(),
                            .rid = rid.empty() ? std::nullopt : std::optional(rid),
                            .score = stream.score()});
  }
  turn.tell(handle_, std::move(event));
  for (Consumer* consumer : consumers) consumer->tell_score(turn);
}

}  // namespace sfu
