// Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1):
// which packets of a transport arrived, and when, in ticks of 250 us. TransportCc is one received,
// TransportCcReport one to be written.
//
//   |V=2|P| FMT=15  |    PT=205     |           length              |
//   |                     SSRC of packet sender                     |
//   |                      SSRC of media source                     |
//   |      base sequence number     |      packet status count      |
//   |                 reference time                | fb pkt. count |
//   |          packet chunk         |         packet chunk         ...
//   |  recv delta   |  recv delta   | ... zero padding              |
#pragma once

#include <algorithm>

#include "core/base/time.hpp"
#include "core/rtcp/packet.hpp"

namespace sfu::rtcp {

// The statuses of successive packets in 16 bits. A status is the size of the packet's delta: 0 (not
// received), 1 or 2 bytes; 3 is reserved.
//
//   |T=0| S |       run length        |   a run of S           (3.1.3)
//   |T=1|S=0|  14 statuses, one bit   |   0 or 1               (3.1.4)
//   |T=1|S=1|  7 statuses, two bits   |
struct StatusChunk {
  static constexpr size_t kMaxRun = 8191;
  static constexpr size_t kOneBit = 14;
  static constexpr size_t kTwoBit = 7;

  uint16_t word = 0;

  // One that covers as many of `statuses` as a chunk can: at least kTwoBit, if there are as many.
  struct Covering;
  static Covering covering(std::span<const uint8_t> statuses);

  bool is_run() const { return !(word & 0x8000); }
  bool is_two_bit() const { return (word & 0x4000) != 0; }
  size_t size() const { return is_run() ? word & kMaxRun : is_two_bit() ? kTwoBit : kOneBit; }
  uint8_t status(size_t at) const {
    if (is_run()) return word >> 13 & 3;
    if (is_two_bit()) return word >> (12 - 2 * at) & 3;
    return word >> (13 - at) & 1;
  }
};
struct StatusChunk::Covering {
  StatusChunk chunk;
  size_t count = 0;
};

struct TransportCc {
  static constexpr uint8_t kFormat = 15;
  // A transport that has more packets than this in one feedback interval is not one of ours.
  static constexpr uint16_t kMaxStatuses = 8192;
  static constexpr Duration kTick = 250us;
  static constexpr Duration kReferenceUnit = 64ms;

  struct Status {
    uint16_t sequence = 0;
    bool received = false;
    Duration since_reference{};  // of the arrival; may be negative
  };

  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  uint16_t base_sequence = 0;
  uint16_t status_count = 0;
  uint32_t reference_time = 0;  // 24 bits, in units of 64 ms; ReferenceTime unwraps it
  uint8_t feedback_count = 0;
  Bytes chunks;  // known to be whole
  Bytes deltas;

  static bool matches(const Packet& packet) {
    return packet.type == kTransportFeedback && packet.count == kFormat;
  }
  static std::optional<TransportCc> parse(const Packet& packet);

  template <class Visit>
  void each(Visit&& visit) const;
};

// Gives the reference times of successive messages one timeline: 24 bits of 64 ms last for twelve days.
class ReferenceTime {
 public:
  Duration unwrap(uint32_t reference_time);

 private:
  std::optional<int64_t> newest_;
};

struct TransportCcReport {
  static constexpr size_t kMaxStatuses = 2048;

  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  uint16_t base_sequence = 0;
  uint8_t feedback_count = 0;
  // From base_sequence on; kNever: not received. At most kMaxStatuses, and at least one received.
  std::span<const Time> arrivals;

  // How many of `arrivals`, one of which was received, a message of `room` bytes surely holds; 0 when it
  // would hold none that was received.
  static size_t fitting(std::span<const Time> arrivals, size_t room);
  void write(ByteWriter& out) const;
};

template <class Visit>
void TransportCc::each(Visit&& visit) const {
  Duration at{0};
  size_t done = 0;
  const uint8_t* delta = deltas.data();
  for (Bytes rest = chunks; const auto word = take<2>(rest);) {
    const StatusChunk chunk{word->u16<0>()};
    const size_t count = std::min(chunk.size(), status_count - done);
    for (size_t i = 0; i < count; ++i, ++done) {
      const uint8_t size = chunk.status(i);
      if (size == 1) at += *delta * kTick;
      if (size == 2) at += static_cast<int16_t>(load16(delta)) * kTick;
      delta += size;
      visit(Status{static_cast<uint16_t>(base_sequence + done), size > 0, at});
    }
  }
}

}  // namespace sfu::rtcp
