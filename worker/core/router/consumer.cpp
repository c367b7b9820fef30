#include "core/router/consumer.hpp"

#include <algorithm>

#include "core/router/producer.hpp"
#include "core/router/rtp_parameters.hpp"
#include "core/router/transport.hpp"
#include "core/rtp/codec.hpp"

namespace sfu {
namespace {

uint16_t random_start(uint32_t seed) { return static_cast<uint16_t>(seed & 0x7fff); }

}  // namespace

Result<std::vector<std::unique_ptr<Consumer>>> Consumer::make(const channel::Consume& request,
                                                              Transport& transport, Producer& producer,
                                                              Random& random) {
  if (request.kind != producer.kind()) return Error::type("kind is not the producer's");
  if (!request.rtp_parameters || request.rtp_parameters->codecs.empty())
    return Error::type("rtpParameters.codecs must not be empty");
  const channel::RtpParameters& rtp = *request.rtp_parameters;
  const bool pipes = request.type == channel::ConsumerType::kPipe;
  if (rtp.encodings.size() != (pipes ? producer.streams().size() : 1))
    return Error::type(pipes ? "rtpParameters.encodings must have as many entries as the producer's"
                             : "rtpParameters.encodings must have one entry");
  const Result<Allocation> allocation =
      request.allocation ? read_allocation(*request.allocation) : Allocation{};
  if (!allocation) return allocation.error();
  std::vector<std::unique_ptr<Consumer>> legs;
  for (size_t i = 0; i < rtp.encodings.size(); ++i) {
    const std::string field = "rtpParameters.encodings[" + std::to_string(i) + "]";
    if (!rtp.encodings[i].ssrc) return Error::type(field + ".ssrc is missing");
    if (!media_codec(rtp, rtp.encodings[i])) return Error::type("rtpParameters.codecs has no media codec");
    legs.push_back(std::unique_ptr<Consumer>(new Consumer(request, i, transport, producer, random)));
    legs[i]->allocation_ = *allocation;
    if (i > 0) legs[i - 1]->next_leg_ = legs[i].get();
  }
  return legs;
}

Consumer::Consumer(const channel::Consume& request, size_t encoding, Transport& transport, Producer& producer,
                   Random& random)
    : transport_(transport),
      producer_(producer),
      ignore_dtx_(request.ignore_dtx),
      rewriter_(clock_rate_of(request, encoding), random_start(random.u32()), random.u32()),
      ssrc_(*request.rtp_parameters->encodings[encoding].ssrc),
      extension_ids_(negotiated_extensions(*request.rtp_parameters)),
      mid_(request.rtp_parameters->mid.value_or("")),
      handle_(request.consumer),
      kind_(request.kind),
      type_(request.type),
      leg_(static_cast<uint8_t>(encoding)),
      rtx_index_(random_start(random.u32())),
      clock_rate_(clock_rate_of(request, encoding)),
      paused_(request.paused) {
  const channel::RtpParameters& rtp = *request.rtp_parameters;
  const channel::RtpEncodingParameters& own = rtp.encodings[encoding];
  if (rtp.rtcp) cname_ = rtp.rtcp->cname.value_or("").substr(0, 255);
  if (own.rtx) rtx_ssrc_ = own.rtx->ssrc;
  const channel::RtpCodecParameters& codec = *media_codec(rtp, own);
  mime_type_ = codec.mime_type;
  payload_type_ = static_cast<uint8_t>(codec.payload_type & 0x7f);
  nack_ = has_feedback(codec, "nack", "");
  pli_ = has_feedback(codec, "nack", "pli");
  fir_ = has_feedback(codec, "ccm", "fir");
  ccfb_ = has_feedback(codec, "ack", "ccfb");
  remb_ = has_feedback(codec, "goog-remb", "");
  for (const channel::RtpCodecParameters& each : rtp.codecs) {
    const auto repaired = is_rtx(each) ? associated_payload_type(each) : std::nullopt;
    if (!is_rtx(each)) payload_types_.set(each.payload_type & 0x7f);
    if (repaired) repairs_.push_back({*repaired, static_cast<uint8_t>(each.payload_type & 0x7f)});
  }
  if (!rtx_payload_type()) rtx_ssrc_.reset();
  const rtp::Codec kind = rtp::codec_of(codec.mime_type);
  renumbers_pictures_ = kind == rtp::Codec::kVp8;
  if (!pipes() && (kind == rtp::Codec::kVp8 || kind == rtp::Codec::kVp9)) pictures_.emplace();
  if (!simulcast() && type_ != channel::ConsumerType::kSvc) return;
  filter_ = std::make_unique<rtp::LayerFilter>();
  if (request.preferred_layers) prefer(*request.preferred_layers);
}

uint32_t Consumer::clock_rate_of(const channel::Consume& request, size_t encoding) {
  const uint32_t rate =
      media_codec(*request.rtp_parameters, request.rtp_parameters->encodings[encoding])->clock_rate;
  return rate > 0 ? rate : 90000;
}

std::optional<uint8_t> Consumer::rtx_payload_type() const {
  const uint8_t rtx = rtx_of(payload_type_);
  return rtx != 0 ? std::optional(rtx) : std::nullopt;
}

uint8_t Consumer::rtx_of(uint8_t payload_type) const {
  const auto found = std::ranges::find(repairs_, payload_type, &Repairs::repaired);
  return found == repairs_.end() ? 0 : found->rtx;
}

// ---- forwarding

void Consumer::forward(const rtp::PacketRef& packet, const InboundStream& stream, Turn& turn) {
  if (!flowing_ || !payload_types_[packet->payload_type]) return;
  if (filter_ && packet->frame.undescribed) return;  // comes again when it can be told what it is
  const bool current = stream.index() == current_ && stream.number_space() == number_space_;
  if (current) return send(packet, stream, turn);
  if (stream.index() != target_ || !may_switch(*packet) || !switch_to(*packet, stream, turn)) return;
  send(packet, stream, turn);
  catch_up(packet->unwrapped_sequence + 1, stream, turn);
}

// Choose the layers, renumber, queue.
void Consumer::send(const rtp::PacketRef& packet, const InboundStream& stream, Turn& turn) {
  const rtp::Passage passage =
      filter_ ? filter_->pass(*packet, stream.structure()) : rtp::Passage{true, packet->marker};
  bool whole = carries(*packet, passage);
  const std::optional<rtp::Picture> picture =
      whole && pictures_ ? pictures_->forward(packet->frame) : std::nullopt;
  whole = whole && (!pictures_ || picture);
  if (!whole && skip(*packet)) return;
  const auto out = rewriter_.forward(packet->unwrapped_sequence, packet->timestamp, turn.now);
  if (!out) return;
  count_sent(*packet, whole ? packet->payload.size : size_t{0}, turn.now);
  if (whole && shows(*packet)) tell_layers(turn);
  if (traces.any())
    traces.packet(handle_, *packet, {packet->payload_type, out->sequence(), out->timestamp, ssrc_},
                  Traces::Direction::kOut, false, turn);
  transport_.queue({.packet = packet,
                    .consumer = this,
                    .index = out->index,
                    .timestamp = out->timestamp,
                    .marker = passage.marker,
                    .frame_offset = passage.frame_offset,
                    .empty = !whole,
                    .picture = picture});
}

// True: it leaves no gap. False: its number cannot be taken back, and goes out with nothing in it, so that
// the client does not wait for it.
bool Consumer::skip(const rtp::Packet& packet) {
  if (pictures_ && renumbers_pictures_) pictures_->skip(packet.frame);
  return rewriter_.skip(packet.unwrapped_sequence);
}

// What came before the first packet of the stream's key frame, and belongs behind it.
void Consumer::catch_up(int64_t from, const InboundStream& stream, Turn& turn) {
  const int64_t newest = stream.newest_sequence();
  const auto kept = static_cast<int64_t>(stream.history().capacity());
  for (int64_t sequence = std::max(from, newest - kept); sequence <= newest; ++sequence)
    if (const rtp::PacketRef packet = stream.history().find(sequence, turn.now))
      if (payload_types_[packet->payload_type] && !packet->frame.undescribed) send(packet, stream, turn);
}

// Video starts at a key frame, other media at any packet; what goes through a pipe is chosen behind it.
bool Consumer::may_switch(const rtp::Packet& packet) const {
  if (packet.payload.size == 0) return false;
  if (kind_ == channel::MediaKind::kAudio || pipes()) return true;
  if (!packet.frame.key_frame || !packet.frame.begins) return false;
  return !filter_ || simulcast() || packet.frame.spatial_layer <= aim_.spatial;
}

// False: its key frame is too old to follow what was sent.
bool Consumer::switch_to(const rtp::Packet& packet, const InboundStream& stream, Turn& turn) {
  const int64_t sequence = packet.unwrapped_sequence;
  std::optional<uint32_t> same_moment;  // on the old stream's timeline
  if (stream.number_space() == number_space_ || pipes())
    same_moment = packet.timestamp;
  else if (last_)
    if (const auto offset = stream.timestamp_offset_to(producer_.streams()[*last_]))
      same_moment = packet.timestamp + *offset;
  if (!rewriter_.switch_to(stream.number_space(), sequence, packet.timestamp, same_moment, turn.now)) {
    producer_.request_key_frame(stream.index(), turn);
    return false;
  }
  if (pictures_) pictures_->switch_to(stream.number_space(), packet.frame);
  if (filter_) {
    filter_->want(aim_.spatial, aim_.temporal);
    filter_->start(stream.number_space(), packet, stream.structure());
  }
  const bool other_stream = stream.index() != current_;
  current_ = last_ = stream.index();
  number_space_ = stream.number_space();
  tell_layers(turn);
  if (other_stream) tell_score(turn);
  return true;
}

void Consumer::count_sent(const rtp::Packet& packet, size_t payload, Time now) {
  const size_t size = packet.size - packet.payload.size + payload;
  ++counts_.packets;
  counts_.bytes += size;
  counts_.payload_bytes += payload;
  rate_.add(size, now);
}

// ---- what starts and stops the flow

bool Consumer::wants_bandwidth() const { return !paused_ && !producer_.paused() && transport_.ready(); }

bool Consumer::flows() const { return wants_bandwidth() && !starved_; }

void Consumer::on_wanted_changed(Turn& turn) {
  update_flow(turn);
  if (shares_bandwidth()) transport_.share_out_soon(turn.now);
}

void Consumer::update_flow(Turn& turn) {
  const bool before = std::exchange(flowing_, flows());
  if (before == flowing_) return;
  if (flowing_) return aim_or_ask(turn);
  if (const auto given_up = transport_.give_up(*this)) on_given_up(*given_up, turn);
  current_.reset();
  target_.reset();
  switch_.reset();
  tell_layers(turn);
}

// What it is to get depends on what the others get, where bandwidth is shared: then set_target_layers() aims.
// As long as nothing comes there is nothing to share, and the first packet must find it ready.
void Consumer::aim_or_ask(Turn& turn) {
  const bool shares = layered() && shares_bandwidth();
  if (shares) transport_.share_out_soon(turn.now);
  const bool comes = std::ranges::any_of(producer_.streams(), &InboundStream::active);
  if (!shares || !comes) aim(turn);
}

void Consumer::pause(Turn& turn) {
  paused_ = true;
  on_wanted_changed(turn);
}

void Consumer::resume(Turn& turn) {
  paused_ = false;
  on_wanted_changed(turn);
}

void Consumer::on_streams_changed(Turn& turn) {
  if (flowing_) aim_or_ask(turn);
  tell_score(turn);
}

void Consumer::set_allocation(const Allocation& allocation, Turn& turn) {
  allocation_ = allocation;
  if (flowing_ || starved_) aim_or_ask(turn);
}

void Consumer::request_key_frame(Turn& turn) {
  if (flowing_ && target_) producer_.request_key_frame(*target_, turn);
}

// ---- the client's RTCP

void Consumer::on_nack(const rtcp::LostPackets& lost, Turn& turn) {
  ++counts_.nacks;
  traces.feedback(handle_, Traces::Type::kNack, ssrc_, Traces::Direction::kIn, turn);
  lost.each([&](uint16_t sequence) {
    ++counts_.nacked_packets;
    retransmit(sequence, turn);
  });
}

void Consumer::retransmit(uint16_t sequence, Turn& turn) {
  if (!flowing_ || !nack_) return;
  std::optional<SendJob> job = repair_of(sequence, turn.now);
  if (!job || sent_lately(sequence, turn.now)) return;
  ++counts_.retransmitted;
  if (job->rtx()) job->index = rtx_index_++;
  if (traces.any())
    traces.packet(handle_, *job->packet,
                  {outgoing_payload_type(*job), static_cast<uint16_t>(job->index), job->timestamp,
                   rtx_ssrc_.value_or(ssrc_)},
                  Traces::Direction::kOut, job->rtx(), turn);
  transport_.queue(std::move(*job));
}

// What went out under a number, as it would go out again; by RTX without its own number as yet.
std::optional<SendJob> Consumer::repair_of(uint16_t sequence, Time now) const {
  const auto source = rewriter_.source_of(sequence);
  if (!source) return std::nullopt;
  if (std::ranges::any_of(given_up_, [&](const Range& range) { return range.has(source->index); }))
    return std::nullopt;
  const InboundStream& stream = producer_.streams()[source->stream & 0xff];
  if (stream.number_space() != source->stream) return std::nullopt;
  rtp::PacketRef packet = stream.history().find(source->sequence, now);
  if (!packet || !payload_types_[packet->payload_type]) return std::nullopt;
  if (filter_ && packet->frame.undescribed) return std::nullopt;
  const auto passage =
      filter_ ? filter_->again(source->stream, *packet) : std::optional(rtp::Passage{true, packet->marker});
  if (!passage) return std::nullopt;
  SendJob job{.consumer = const_cast<Consumer*>(this),
              .index = source->index,
              .timestamp = packet->timestamp + source->timestamp_offset,
              .kind = repair_kind(source->index),
              .original_sequence = sequence,
              .marker = passage->marker,
              .frame_offset = passage->frame_offset,
              .empty = !carries(*packet, *passage)};
  if (pictures_ && !job.empty) {
    job.picture = pictures_->find(source->stream, packet->frame);
    if (!job.picture) return std::nullopt;
  }
  job.packet = std::move(packet);
  return job;
}

// Under a number that has not gone out yet, as the packet came late and from a stream left meanwhile, it goes
// for the first time.
SendJob::Kind Consumer::repair_kind(uint64_t index) const {
  if (rtx_ssrc_) return SendJob::Kind::kRtx;
  const bool known = rewriter_.newest_index() - index < SentHeaders::kKept;
  return known && !sent_headers_.find(index) ? SendJob::Kind::kFirst : SendJob::Kind::kAgain;
}

// The newest packets in turn, so that a receiver that lost one of them has it now.
std::optional<SendJob> Consumer::padding(Time now) {
  if (!flowing_ || !rtx_ssrc_ || !current_ || counts_.packets == 0) return std::nullopt;
  for (uint16_t tries = 0; tries < kPaddedPackets; ++tries) {
    const auto sequence = static_cast<uint16_t>(rewriter_.newest_index() - padded_++ % kPaddedPackets);
    std::optional<SendJob> job = repair_of(sequence, now);
    if (!job || job->empty) continue;
    job->kind = SendJob::Kind::kProbe;
    job->index = rtx_index_++;
    return job;
  }
  return std::nullopt;
}

// Without a key frame behind them, what follows cannot be decoded: it begins anew.
void Consumer::on_given_up(const SendQueue::GivenUp& given_up, Turn& turn) {
  given_up_[given_up_next_++ % given_up_.size()] = {given_up.first, given_up.last};
  if (given_up.key_frame_follows || !flowing_) return;
  current_.reset();
  switch_.reset();  // its key frame may have come, and be among them
  aim(turn);
}

// Whether the same was sent again within a round trip, and may still be under way.
bool Consumer::sent_lately(uint16_t sequence, Time now) {
  const Duration window = std::max<Duration>(remote_.rtt.value_or(kDefaultRtt) * 9 / 10, 10ms);
  const auto at = std::max(1u, static_cast<uint32_t>(now.time_since_epoch() / 1ms));
  for (const Resent& resent : resent_)
    if (resent.at != 0 && resent.sequence == sequence && (at - resent.at) * 1ms < window) return true;
  resent_[resent_next_++ % resent_.size()] = {sequence, at};
  return false;
}

void Consumer::on_key_frame_request(bool fir, Turn& turn) {
  ++(fir ? counts_.firs : counts_.plis);
  traces.feedback(handle_, fir ? Traces::Type::kFir : Traces::Type::kPli, ssrc_, Traces::Direction::kIn,
                  turn);
  if (!flowing_) return;
  const auto wanted = current_ ? current_ : target_;
  if (wanted) producer_.request_key_frame(*wanted, turn);
}

void Consumer::on_report(const rtcp::ReportBlock& block, Turn& turn) {
  remote_.fraction_lost = block.fraction_lost;
  remote_.lost = block.cumulative_lost;
  remote_.jitter = block.jitter;
  if (const auto rtt = round_trip(block, turn.now)) remote_.rtt = rtt;
  const uint64_t sent = counts_.packets - packets_at_report_;
  const auto lost = std::max(block.cumulative_lost - lost_at_report_, 0);
  const uint64_t repaired = counts_.retransmitted - repaired_at_report_;
  packets_at_report_ = counts_.packets;
  lost_at_report_ = block.cumulative_lost;
  repaired_at_report_ = counts_.retransmitted;
  score_.update(sent, static_cast<uint64_t>(lost), std::min(repaired, sent));
  tell_score(turn);
}

// The sender's own relation of timestamp to NTP time, moved by what we add to its timestamps: so the client
// can still play his audio and video in step.
std::optional<rtcp::SenderReport> Consumer::sender_report(Time now) {
  const InboundStream* stream = current_stream();
  if (!flowing_ || !stream || !stream->mapping() || counts_.packets == 0) return std::nullopt;
  const rtcp::NtpMapping mapping = stream->mapping()->at(now, clock_rate_);
  sent_reports_[sent_reports_next_++ % sent_reports_.size()] = {mapping.ntp.middle(), now};
  return rtcp::SenderReport{.ssrc = ssrc_,
                            .ntp = mapping.ntp,
                            .rtp_timestamp = mapping.rtp_timestamp + rewriter_.timestamp_offset(),
                            .packets = static_cast<uint32_t>(counts_.packets),
                            .octets = static_cast<uint32_t>(counts_.payload_bytes),
                            .blocks = {}};
}

// A report block echoes the middle of a sender report's NTP time, which here is the sender's clock, not ours:
// it serves as the name of the report, whose departure we know.
std::optional<Duration> Consumer::round_trip(const rtcp::ReportBlock& block, Time now) const {
  for (const SentReport& sent : sent_reports_) {
    if (sent.at == Time{} || sent.ntp_middle != block.last_sr) continue;
    const Duration span = now - sent.at - from_ntp_middle(block.delay_since_last_sr);
    return span >= 0us ? std::optional(span) : std::nullopt;
  }
  return std::nullopt;
}

// ---- what is told

uint8_t Consumer::outgoing_payload_type(const SendJob& job) const {
  return job.rtx() ? rtx_of(job.packet->payload_type) : job.packet->payload_type;
}

const InboundStream* Consumer::current_stream() const {
  return current_ ? &producer_.streams()[*current_] : nullptr;
}

channel::ConsumerScore Consumer::score() const {
  channel::ConsumerScore out{.score = score_.value()};
  for (const InboundStream& stream : producer_.streams()) out.producer_scores.push_back(stream.score());
  const InboundStream* stream = current_stream();
  out.producer_score = stream ? stream->score() : 0;
  return out;
}

uint8_t Consumer::source_index() const {
  return pipes() ? leg_ : static_cast<uint8_t>(producer_.streams().size() - 1);
}

// Several streams are as many spatial layers.
uint8_t Consumer::spatial_layers() const {
  if (type_ == channel::ConsumerType::kSimulcast) return static_cast<uint8_t>(producer_.streams().size());
  return producer_.streams()[source_index()].options().spatial_layers;
}

// Of a pipe's legs the first speaks for all.
void Consumer::tell_score(Turn& turn) {
  if (pipes() && leg_ != 0) return;
  if (score_is_told()) return;
  told_score_ = score();
  turn.tell(handle_, told_score_);
}

// Asked with every report of every receiver: so without making what score() gives.
bool Consumer::score_is_told() const {
  const InboundStream* stream = current_stream();
  const auto is = [](const InboundStream& each, uint32_t told) { return each.score() == told; };
  return score_.value() == told_score_.score &&
         (stream ? stream->score() : 0) == told_score_.producer_score &&
         std::ranges::equal(producer_.streams(), told_score_.producer_scores, is);
}

}  // namespace sfu
