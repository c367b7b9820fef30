// What a participant publishes, as a browser would: a camera's picture in one or several encodings
// (simulcast), each with temporal layers, and a voice of 50 packets a second; key frames when they are asked
// for, and sender reports.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "sim/agenda.hpp"
#include "sim/peer.hpp"
#include "sim/rate_encoder.hpp"

namespace sfu::sim {

class Camera {
 public:
  // A packet of 1200 bytes at most, however long its header is.
  static constexpr size_t kMaxPayload = 1120;

  // One encoding a rate, the lowest first.
  Camera(Peer& peer, uint32_t first_ssrc, const std::vector<Bitrate>& rates, uint8_t temporal_layers,
         uint64_t seed);

  void start(Agenda& agenda, Time at);
  uint32_t producer() const { return producer_; }
  size_t encodings() const { return encodings_.size(); }
  // Of what has been sent of an encoding, up to a temporal layer, if each packet is `overhead` longer than
  // its payload.
  Bitrate rate(size_t encoding, uint8_t temporal_layer, size_t overhead) const;

 private:
  struct Sent {
    int64_t payload = 0;
    int64_t packets = 0;
  };
  struct Encoding {
    Encoding(uint32_t ssrc, const RateEncoder::Options& options, uint64_t seed)
        : ssrc(ssrc), encoder(options, seed) {}
    uint32_t ssrc;
    RateEncoder encoder;
    std::array<Sent, 3> sent{};  // by temporal layer
  };

  void send_frame(Encoding& encoding);

  Peer& peer_;
  uint8_t temporal_layers_;
  std::deque<Encoding> encodings_;
  uint32_t producer_;
  int64_t frames_ = 0;
};

class Microphone {
 public:
  static constexpr Duration kInterval = 20ms;

  Microphone(Peer& peer, uint32_t ssrc, Bitrate rate);

  void start(Agenda& agenda, Time at);
  uint32_t producer() const { return producer_; }
  Bitrate rate(size_t overhead) const;

 private:
  Peer& peer_;
  uint32_t ssrc_;
  size_t payload_;
  uint32_t producer_;
};

}  // namespace sfu::sim
