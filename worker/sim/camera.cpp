#include "sim/camera.hpp"

#include "sim/vp8_packets.hpp"

namespace sfu::sim {
namespace {

std::vector<SendingStream> streams_of(uint32_t first_ssrc, size_t count, uint8_t temporal_layers) {
  std::vector<SendingStream> out;
  for (uint32_t i = 0; i < count; ++i)
    out.push_back({.ssrc = first_ssrc + 2 * i,
                   .rtx_ssrc = first_ssrc + 2 * i + 1,
                   .rid = count > 1 ? "r" + std::to_string(i) : "",
                   .mid = "v",
                   .video = true,
                   .temporal_layers = temporal_layers,
                   .timestamp = first_ssrc * 1000});
  return out;
}

}  // namespace

Camera::Camera(Peer& peer, uint32_t first_ssrc, const std::vector<Bitrate>& rates, uint8_t temporal_layers,
               uint64_t seed)
    : peer_(peer),
      temporal_layers_(temporal_layers),
      producer_(peer.produce(streams_of(first_ssrc, rates.size(), temporal_layers))) {
  for (const Bitrate rate : rates) {
    const uint32_t ssrc = first_ssrc + 2 * static_cast<uint32_t>(encodings_.size());
    encodings_.emplace_back(ssrc, RateEncoder::Options{rate, temporal_layers}, seed + encodings_.size());
  }
}

void Camera::start(Agenda& agenda, Time at) {
  agenda.every(RateEncoder::kFrameInterval, at, [this] {
    for (Encoding& encoding : encodings_) send_frame(encoding);
    ++frames_;
  });
  agenda.every(1s, at + 100ms, [this] {
    for (const Encoding& encoding : encodings_) peer_.send_sender_report(encoding.ssrc);
  });
}

void Camera::send_frame(Encoding& encoding) {
  SendingStream& stream = peer_.sending(encoding.ssrc);
  const SizedFrame frame = encoding.encoder.next(std::exchange(stream.key_frame_wanted, false));
  stream.key_frames += frame.key ? 1 : 0;
  stream.picture_id = static_cast<uint16_t>(frame.number & 0x7fff);
  const auto packets = vp8_packets(frame, temporal_layers_, encoding.ssrc, stream.picture_id, kMaxPayload);
  for (size_t layer = frame.temporal_layer; layer < encoding.sent.size(); ++layer) {
    encoding.sent[layer].packets += static_cast<int64_t>(packets.size());
    for (const auto& packet : packets) encoding.sent[layer].payload += static_cast<int64_t>(packet.size());
  }
  peer_.send_frame(encoding.ssrc, packets);
  stream.timestamp += stream.clock_rate / static_cast<uint32_t>(RateEncoder::kFrameRate);
}

Bitrate Camera::rate(size_t encoding, uint8_t temporal_layer, size_t overhead) const {
  const Sent& sent = encodings_[encoding].sent[temporal_layer];
  return Bitrate::of(sent.payload + sent.packets * static_cast<int64_t>(overhead),
                     frames_ * RateEncoder::kFrameInterval);
}

Microphone::Microphone(Peer& peer, uint32_t ssrc, Bitrate rate)
    : peer_(peer),
      ssrc_(ssrc),
      payload_(static_cast<size_t>(rate.bytes_in(kInterval))),
      producer_(peer.produce(SendingStream{.ssrc = ssrc, .mid = "a"})) {}

void Microphone::start(Agenda& agenda, Time at) {
  agenda.every(kInterval, at, [this] {
    peer_.send_frame(ssrc_, {std::vector<uint8_t>(payload_, 0xaa)});
    SendingStream& stream = peer_.sending(ssrc_);
    stream.timestamp += stream.clock_rate / 50;
  });
  agenda.every(1s, at + 500ms, [this] { peer_.send_sender_report(ssrc_); });
}

Bitrate Microphone::rate(size_t overhead) const {
  return Bitrate::of(static_cast<int64_t>(payload_ + overhead), kInterval);
}

}  // namespace sfu::sim
