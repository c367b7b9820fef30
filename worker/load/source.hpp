// What one producer of a load generator sends: frames in time, each with all of its encodings, cut into
// packets as browsers do, and stamped.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "core/sfu.hpp"
#include "sim/rate_encoder.hpp"

namespace sfu::load {

class Source {
 public:
  Source(const channel::StartSource& request, Time now);

  uint32_t producer() const { return request_.producer; }
  Time deadline() const { return next_; }
  // The frame that is due; `clock` says the time for each packet's stamp. What is long overdue is left out.
  void send(Sfu& sfu, Turn& turn, Time (*clock)());
  // One was asked for of the stream; false: it is not of this source.
  bool want_key_frame(uint32_t ssrc);

 private:
  struct Encoding {
    explicit Encoding(const channel::SourceEncoding& encoding);

    channel::SourceEncoding is;
    std::optional<sim::RateEncoder> encoder;  // nullopt: frames of full packets
    uint16_t sequence = 1;
    uint32_t index = 0;
    uint32_t frames = 0;
    bool key_frame_wanted = true;
  };

  std::vector<std::vector<uint8_t>> next_frame(Encoding& encoding);
  std::vector<uint8_t> packet(Encoding& encoding, Bytes payload, bool last, Time made);

  channel::StartSource request_;
  std::deque<Encoding> encodings_;
  Duration interval_;
  Time next_;
  uint32_t timestamp_ = 1;
};

}  // namespace sfu::load
