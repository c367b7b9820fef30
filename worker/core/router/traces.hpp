// What an object tells of single packets while somebody asks for it: which kinds, and the telling. Nothing is
// made for a kind that nobody asked for.
#pragma once

#include "core/link/turn.hpp"
#include "core/rtp/packet.hpp"

namespace sfu {

class Traces {
 public:
  using Type = channel::TraceType;
  using Direction = channel::TraceDirection;

  void set(const std::vector<Type>& types) {
    wanted_ = 0;
    for (const Type type : types) wanted_ |= bit(type);
  }
  bool any() const { return wanted_ != 0; }
  bool has(Type type) const { return (wanted_ & bit(type)) != 0; }

  // An RTP packet: as 'rtp', and if it begins a key frame as 'keyframe' too. `sent` has its numbers, where
  // they are not those that it came with.
  struct Numbers {
    uint8_t payload_type = 0;
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
    uint32_t ssrc = 0;
  };
  static Numbers numbers_of(const rtp::Packet& packet);
  void packet(uint32_t owner, const rtp::Packet& packet, const Numbers& numbers, Direction direction,
              bool rtx, Turn& turn) const;
  // One that a transport sends to find out what its path can carry.
  void probation(uint32_t owner, const rtp::Packet& packet, const Numbers& numbers, Turn& turn) const;
  void feedback(uint32_t owner, Type type, uint32_t ssrc, Direction direction, Turn& turn) const;
  void tell(uint32_t owner, Type type, Direction direction, auto&& info, Turn& turn) const {
    if (!has(type)) return;
    turn.tell(owner,
              channel::Trace{type, direction, milliseconds_of(turn.now), std::forward<decltype(info)>(info)});
  }

 private:
  static uint8_t bit(Type type) { return static_cast<uint8_t>(1u << static_cast<uint32_t>(type)); }
  static uint64_t milliseconds_of(Time now);

  uint8_t wanted_ = 0;
};

}  // namespace sfu
