// Congestion control feedback (RFC 8888, 3.1): per stream and sequence number whether, when and with which
// ECN mark a packet arrived. Only read.
//
//   |V=2|P| FMT=11  |   PT = 205    |          length               |
//   |                 SSRC of RTCP packet sender                    |
//   |                   SSRC of 1st RTP stream                      |
//   |          begin_seq            |          num_reports          |
//   |R|ECN|  Arrival time offset    | ...                           .
//   .                  more streams                                 .
//   |                 Report timestamp (32 bits)                    |
#pragma once

#include "core/rtcp/packet.hpp"

namespace sfu::rtcp {

struct Ccfb {
  static constexpr uint8_t kFormat = 11;

  struct Status {
    uint32_t ssrc = 0;
    uint16_t sequence = 0;
    bool received = false;
    uint8_t ecn = 0;  // RFC 3168, 5
    // How long before the report timestamp, in 1/1024 s. 0x1ffe: longer than that; 0x1fff: unknown.
    uint16_t arrival_offset = 0;
  };

  uint32_t sender_ssrc = 0;
  uint32_t report_timestamp = 0;  // the middle of an NTP time
  Bytes streams;                  // known to be whole

  static bool matches(const Packet& packet) {
    return packet.type == kTransportFeedback && packet.count == kFormat;
  }
  static std::optional<Ccfb> parse(const Packet& packet);

  struct Stream {
    uint32_t ssrc = 0;
    uint16_t begin_sequence = 0;
    Bytes reports;  // two bytes each

    static std::optional<Stream> take(Bytes& in);
    Status status(size_t at) const;
  };

  template <class Visit>
  void each(Visit&& visit) const {
    Bytes rest = streams;
    while (const auto stream = Stream::take(rest))
      for (size_t i = 0; i < stream->reports.size() / 2; ++i) visit(stream->status(i));
  }
};

}  // namespace sfu::rtcp
