// One received datagram in a pool slot and, once parsed as RTP (RFC 3550, 5.1), where its parts lie.
// Stored once however many consumers it goes to; nobody writes to it after Producer::receive.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//   |                           timestamp                           |
//   |           synchronization source (SSRC) identifier            |
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/pool.hpp"
#include "core/base/time.hpp"
#include "core/rtp/frame.hpp"

namespace sfu::rtp {

// The header extensions that we read or write; the order is that in which they are written.
enum class Extension : uint8_t {
  kMid,                   // urn:ietf:params:rtp-hdrext:sdes:mid
  kRid,                   // urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
  kRepairedRid,           // urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
  kAbsSendTime,           // http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
  kTransportCc,           // http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  kAudioLevel,            // urn:ietf:params:rtp-hdrext:ssrc-audio-level
  kVideoOrientation,      // urn:3gpp:video-orientation
  kTransmissionOffset,    // urn:ietf:params:rtp-hdrext:toffset
  kAbsCaptureTime,        // http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
  kPlayoutDelay,          // http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
  kDependencyDescriptor,  // the AV1 RTP specification's
  kPacketId,              // urn:mediasoup:params:rtp-hdrext:packet-id
  kCount
};
inline constexpr size_t kExtensionCount = static_cast<size_t>(Extension::kCount);

struct Packet {
  static constexpr size_t kCapacity = 1880;

  // Where one part of the packet lies; size 0 with at 0: not there.
  struct Part {
    uint16_t at = 0;
    uint16_t size = 0;
  };

  uint32_t references = 0;  // of Pool
  uint16_t size = 0;        // bytes received (after SRTP: without its tag)
  Time arrival{};

  // Set by parse():
  uint8_t payload_type = 0;
  bool marker = false;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  Part payload;  // without padding
  uint8_t padding = 0;
  std::array<Part, kExtensionCount> extensions;

  // Set by the producer:
  int64_t unwrapped_sequence = 0;
  Frame frame;

  std::array<uint8_t, kCapacity> bytes;

  MutableBytes data() { return MutableBytes(bytes).first(size); }
  Bytes data() const { return Bytes(bytes).first(size); }
  Bytes payload_bytes() const { return Bytes(bytes).subspan(payload.at, payload.size); }
  // Empty when the packet has no such extension (or an empty one).
  Bytes extension(Extension kind) const {
    const Part part = extensions[static_cast<size_t>(kind)];
    return Bytes(bytes).subspan(part.at, part.size);
  }
};

using PacketPool = Pool<Packet>;
using PacketRef = Ref<Packet>;

}  // namespace sfu::rtp
