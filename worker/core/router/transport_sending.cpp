// What a transport sends of RTP: queued by consumers, laid out in the outbox when the pacer lets it.
#include <cstring>

#include "core/router/transport.hpp"
#include "core/rtp/rtx.hpp"

namespace sfu {
namespace {

SendQueue::Class class_of(const SendJob& job) {
  if (job.rtx() || job.kind == SendJob::Kind::kAgain) return SendQueue::Class::kRepair;
  return job.consumer->producer().video() ? SendQueue::Class::kVideo : SendQueue::Class::kAudio;
}

bwe::SentPacket::Kind kind_of(const SendJob& job) {
  using Kind = bwe::SentPacket::Kind;
  if (job.kind == SendJob::Kind::kProbe) return Kind::kPadding;
  if (job.kind != SendJob::Kind::kFirst) return Kind::kRepair;
  return job.consumer->producer().video() ? Kind::kVideo : Kind::kAudio;
}

}  // namespace

void Transport::queue(SendJob job) {
  const SendQueue::Class of = class_of(job);
  queue_.push(of, std::move(job));
  ask_to_send();
}

void Transport::ask_to_send() {
  if (!std::exchange(asked_to_send_, true)) shared_.sending.push_back(this);
}

bool Transport::lay_out(Turn& turn, std::vector<srtp::SealJob>& sealing) {
  LaidOut out;
  bool waits = false;
  if (ready()) {
    const link::Route route = link_.rtp_route();
    while (!queue_.empty() && !waits && !turn.outbox.full()) {
      const SendQueue::Class of = queue_.first();
      waits = waits_for_pacer(of, turn.now);
      if (waits) break;
      const SendJob& job = queue_.front(of);
      out.of(job.kind).add(lay_out_one(job, route, sealing, turn));
      queue_.pop(of);
    }
    if (queue_.empty()) lay_out_padding(route, sealing, out, turn);
    count_sent(out, turn.now);
    if (turn.outbox.full() && !waits) return false;
  } else {
    queue_.clear();
  }
  asked_to_send_ = false;
  if (waits) give_up_stale(turn);
  if (waits || (congestion_ && congestion_->wants_padding())) {
    timers_.set(Timer::kPacer, congestion_->opens(turn.now));
    update_deadline(turn.now);
  }
  return true;
}

void Transport::give_up_stale(Turn& turn) {
  queue_.give_up_repairs(turn.now, congestion_->rtt());
  if (const auto given_up = queue_.give_up_video(turn.now)) given_up->consumer->on_given_up(*given_up, turn);
}

// Audio is little, and late it is worth nothing: it does not wait, what it takes the others pay back.
bool Transport::waits_for_pacer(SendQueue::Class of, Time now) {
  return congestion_ && of != SendQueue::Class::kAudio && !congestion_->may_send(now);
}

// A probe is media sent faster; where there is not enough of that, what was sent lately is sent again, as RTX
// (RFC 4588), which a receiver takes for a retransmission that came late.
void Transport::lay_out_padding(const link::Route& route, std::vector<srtp::SealJob>& sealing, LaidOut& out,
                                Turn& turn) {
  while (congestion_ && congestion_->wants_padding() && congestion_->may_send(turn.now) &&
         !turn.outbox.full()) {
    std::optional<SendJob> job;
    for (size_t i = 0; i < consumers_.size() && !job; ++i) job = consumers_[i]->padding(turn.now);
    const size_t size = job ? lay_out_one(*job, route, sealing, turn) : 0;
    if (size == 0) return congestion_->abandon_probe();
    out.probes.add(size);
    traces.probation(handle_, *job->packet,
                     {job->consumer->outgoing_payload_type(*job), static_cast<uint16_t>(job->index),
                      job->timestamp, *job->consumer->rtx_ssrc()},
                     turn);
  }
}

// One job into one slot: its header, and where its payload is to be encrypted from. The datagram's size; 0
// when it cannot be sent.
size_t Transport::lay_out_one(const SendJob& job, const link::Route& route,
                              std::vector<srtp::SealJob>& sealing, Turn& turn) {
  const Consumer& consumer = *job.consumer;
  const rtp::Packet& packet = *job.packet;
  const bool rtx = job.rtx();
  const Bytes payload = job.empty ? Bytes{} : packet.payload_bytes();
  const rtp::OutgoingHeader header{.payload_type = consumer.outgoing_payload_type(job),
                                   .marker = job.marker,
                                   .sequence = static_cast<uint16_t>(job.index),
                                   .timestamp = job.timestamp,
                                   .ssrc = rtx ? *consumer.rtx_ssrc() : consumer.ssrc()};
  const std::optional<rtp::OwnExtensions> own = own_extensions(job, turn.now);
  if (!own) return 0;
  MutableBytes slot = turn.outbox.slot(Outbox::kMaxDatagram);
  const size_t begin =
      rtx ? rtp::write_rtx_header(slot, header, job.original_sequence, packet, consumer.extension_ids(), *own)
          : rtp::write_header(slot, header, packet, consumer.extension_ids(), *own);
  const size_t size = begin + payload.size() + route.overhead;
  if (begin == 0 || size > slot.size()) return 0;

  const bool copied = rtx || job.picture || !route.keys;
  if (copied && !payload.empty()) {
    std::memcpy(slot.data() + begin, payload.data(), payload.size());
    if (job.picture) rtp::rewrite_picture(slot.subspan(begin, payload.size()), packet.frame, *job.picture);
  }
  if (!route.path) {  // direct
    if (turn.controller_behind) {
      turn.drop(Drop::kControllerBehind);
      return 0;
    }
    turn.tell(consumer.handle(),
              channel::RtpPacket{{slot.data(), slot.data() + size},
                                 static_cast<uint64_t>(packet.arrival.time_since_epoch().count())});
    return size;
  }
  if (route.keys) {
    // The header that SRTP leaves open ends before RTX's original sequence number (RFC 4588, 4).
    const size_t open = rtx ? begin - 2 : begin;
    sealing.push_back({.keys = route.keys,
                       .index = job.index,
                       .out = slot.data(),
                       .header = static_cast<uint16_t>(open),
                       .payload_size = static_cast<uint16_t>(begin - open + payload.size()),
                       .payload = copied ? slot.data() + open : payload.data()});
  }
  turn.outbox.commit(*route.path, size);
  if (congestion_) note_sent(job, header, size, turn.now);
  return size;
}

// What this hop says in the header. A packet sent again under its own number says what it said at first.
std::optional<rtp::OwnExtensions> Transport::own_extensions(const SendJob& job, Time now) {
  rtp::OwnExtensions own{.mid = job.consumer->mid(),
                         .abs_send_time = rtp::to_abs_send_time(now),
                         .frame_offset = job.frame_offset};
  if (job.kind == SendJob::Kind::kAgain) {
    const SentHeaders::Values* values = job.consumer->sent_headers().find(job.index);
    if (!values) return std::nullopt;
    own.abs_send_time = values->abs_send_time;
    own.transport_sequence = values->transport_sequence;
    return own;
  }
  if (congestion_) own.transport_sequence = congestion_->next_sequence();
  if (job.consumer->repeats_plainly())
    job.consumer->sent_headers().note({job.index, own.abs_send_time, own.transport_sequence});
  return own;
}

void Transport::note_sent(const SendJob& job, const rtp::OutgoingHeader& header, size_t size, Time now) {
  congestion_->on_sent(static_cast<int64_t>(size), now);
  // Sent again under its own number, it has the transport's old number too: the feedback speaks of the first.
  if (!job.consumer->in_feedback() || job.kind == SendJob::Kind::kAgain) return;
  congestion_->on_sent_numbered({.sent = now,
                                 .ssrc = header.ssrc,
                                 .rtp_sequence = header.sequence,
                                 .size = static_cast<uint16_t>(size),
                                 .kind = kind_of(job)});
}

void Transport::count_sent(const LaidOut& out, Time now) {
  counts_.bytes_sent += out.media.bytes + out.repairs.bytes + out.probes.bytes;
  counts_.rtp_bytes_sent += out.media.bytes;
  counts_.rtx_bytes_sent += out.repairs.bytes;
  counts_.probation_bytes_sent += out.probes.bytes;
  if (out.media.packets > 0) rtp_send_rate_.add(out.media.bytes, now, out.media.packets);
  if (out.repairs.packets > 0) rtx_send_rate_.add(out.repairs.bytes, now, out.repairs.packets);
  if (out.probes.packets > 0) probation_send_rate_.add(out.probes.bytes, now, out.probes.packets);
}

}  // namespace sfu
