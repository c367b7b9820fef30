// What a receiver reports of one SSRC: how many packets were expected, how many are lost, and how much their
// spacing varies (RFC 3550, 6.4.1, A.1, A.3 and A.8). A source is believed from its first packet; a jump of
// kMaxDropout or more is believed when the packet behind it follows, and then begins the count anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/time.hpp"

namespace sfu::rtp {

class Reception {
 public:
  static constexpr uint16_t kMaxDropout = 3000;
  static constexpr uint16_t kMaxMisorder = 100;

  struct Report {
    uint8_t fraction_lost = 0;  // since the last report, of 256
    int32_t lost = 0;           // in all; 24 bits, below zero where duplicates came
    uint32_t extended_highest = 0;
    uint32_t jitter = 0;  // in timestamp units
  };

  // False: out of any order (A.1), and not counted. True after such a one: the stream began anew.
  bool on_packet(uint16_t sequence, uint32_t timestamp, Time arrival, uint32_t clock_rate, size_t bytes);

  // Ends the interval that fraction_lost speaks of.
  Report report();

  int64_t expected() const;
  int64_t lost() const { return expected() - static_cast<int64_t>(received_since_start_); }
  uint32_t jitter() const { return jitter_ >> 4; }
  // Since ever, restarts included.
  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void restart(uint16_t sequence);
  bool place(uint16_t sequence);
  void measure_jitter(uint32_t timestamp, Time arrival, uint32_t clock_rate);

  bool started_ = false;
  bool in_order_ = false;  // the packet just placed is the newest
  bool timed_ = false;     // last_timestamp_ and last_arrival_ hold
  uint16_t highest_ = 0;
  uint32_t cycles_ = 0;  // << 16
  uint32_t first_ = 0;
  std::optional<uint16_t> after_jump_;  // the one that would confirm it
  uint64_t received_since_start_ = 0;
  int64_t expected_before_ = 0;
  uint64_t received_before_ = 0;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;

  uint32_t jitter_ = 0;  // << 4
  uint32_t last_timestamp_ = 0;
  Time last_arrival_{};
};

}  // namespace sfu::rtp
