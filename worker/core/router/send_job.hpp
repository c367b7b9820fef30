// One RTP packet on its way to one consumer: what is to be sent, not yet encrypted. Jobs are queued while
// input is processed and sealed all together at the end of the turn (Transport::seal).
#pragma once

#include <optional>

#include "core/rtp/packet.hpp"
#include "core/rtp/picture.hpp"

namespace sfu {

class Consumer;

struct SendJob {
  rtp::PacketRef packet{};
  Consumer* consumer = nullptr;
  uint64_t index = 0;  // outgoing extended sequence number, for SRTP (RFC 3711, 3.3.1)
  uint32_t timestamp = 0;
  // Sent for the first time; or again, as RTX (RFC 4588) or plainly, under the number it had; or as RTX that
  // nobody asked for, to find out what the path can carry.
  enum class Kind : uint8_t { kFirst, kRtx, kAgain, kProbe } kind = Kind::kFirst;
  uint16_t original_sequence = 0;  // of RTX
  bool marker = false;
  uint16_t frame_offset = 0;  // to be added to the dependency descriptor's frame number
  // The number alone: what the packet carries is not for this consumer, but its number could not be taken
  // back.
  bool empty = false;
  bool rtx() const { return kind == Kind::kRtx || kind == Kind::kProbe; }
  // VP8 and VP9: the picture's numbers, to be written over the source's.
  std::optional<rtp::Picture> picture{};
};

}  // namespace sfu
