// What a receiver says of one stream (RFC 3550, 6.4.1), in sender and receiver reports.
//
//   |                           SSRC                                |
//   | fraction lost |       cumulative number of packets lost       |
//   |           extended highest sequence number received           |
//   |                      interarrival jitter                      |
//   |                         last SR (LSR)                         |
//   |                   delay since last SR (DLSR)                  |
#pragma once

#include "core/base/bytes.hpp"

namespace sfu::rtcp {

struct ReportBlock {
  static constexpr size_t kSize = 24;

  uint32_t ssrc = 0;
  uint8_t fraction_lost = 0;      // in 1/256
  int32_t cumulative_lost = 0;    // negative when there were duplicates
  uint32_t highest_sequence = 0;  // the upper half counts the wraps
  uint32_t jitter = 0;            // in timestamp units
  uint32_t last_sr = 0;           // the middle of its NTP time; 0: none came
  uint32_t delay_since_last_sr = 0;

  static ReportBlock parse(Fixed<kSize> in);
  void write(ByteWriter& out) const;
  friend bool operator==(const ReportBlock&, const ReportBlock&) = default;
};

}  // namespace sfu::rtcp
