// How much of a stream's layers one receiver gets, over time. A change takes effect at a frame: for all of
// its packets, those that come late too, and for what follows. So a packet that is late, or sent again, is
// judged by the point that was in force when it was due, and each time alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/rtp/packet.hpp"

namespace sfu::rtp {

struct OperatingPoint {
  static constexpr uint8_t kAll = 255;

  uint8_t spatial = kAll;     // the highest layer that is sent
  uint8_t temporal = kAll;    // likewise
  uint8_t structure = 0;      // of the dependency descriptor, if the stream has one; and
  uint8_t target = 0;         // its decode target
  uint16_t frame_offset = 0;  // to be added to the descriptors' frame numbers
  bool cut = false;           // more layers follow: the picture's last packet to be sent lacks the marker

  friend bool operator==(const OperatingPoint&, const OperatingPoint&) = default;
};

// Where in its picture a layer frame is whose first packet has just come.
struct Place {
  bool begins_picture = false;  // no other frame of the picture has come
  bool key_picture = false;     // the picture began with a key frame
  bool open_above = false;      // no marker of ours has ended the layers below
  bool behind_gap = false;      // packets before it are lost, or late
};

// What becomes of a packet.
struct Passage {
  bool forward = true;
  bool marker = false;
  uint16_t frame_offset = 0;
  friend bool operator==(const Passage&, const Passage&) = default;
};

// Whether a receiver at this point needs the frame. Without descriptor: of the layers below, what the highest
// one rests on; in K-SVC that is a key picture (RFC 9628, 4.2: Z, and not P).
inline bool is_part_of(const Frame& frame, const OperatingPoint& point) {
  if (frame.useless) return false;
  if (frame.structure != 0 && frame.structure == point.structure) return frame.targets >> point.target & 1;
  if (frame.temporal_layer > point.temporal) return false;
  if (point.spatial == OperatingPoint::kAll || frame.spatial_layer == point.spatial) return true;
  return frame.spatial_layer < point.spatial && !(frame.unused_above && frame.inter_picture);
}

inline Passage passage(const Packet& packet, const OperatingPoint& point) {
  const Frame& frame = packet.frame;
  if (!is_part_of(frame, point)) return {false, packet.marker, point.frame_offset};
  const bool last = point.cut && frame.ends && frame.spatial_layer == point.spatial;
  return {true, packet.marker || last, point.frame_offset};
}

// One name for all packets of a (layer) frame, within its stream.
inline uint64_t frame_name(const Packet& packet) {
  if (packet.frame.structure != 0) return uint64_t{1} << 40 | packet.frame.frame_number;
  return uint64_t{packet.timestamp} << 8 | packet.frame.spatial_layer;
}

class OperatingPoints {
 public:
  // A climb to the highest of three layers is four changes; a receiver seldom climbs twice a second, and
  // nothing is sent again after two.
  static constexpr size_t kRemembered = 32;

  // Which packets a change takes in that lie before the one it came with: those of the same layer frame; or
  // where none of the picture had come, of the whole picture.
  enum class From : uint8_t { kFrame, kPicture };
  // The packet is the newest so far of `stream`.
  void change(uint32_t stream, const Packet& packet, From from, const OperatingPoint& point) {
    const bool picture = from == From::kPicture;
    changes_[count_++ % kRemembered] = {packet.unwrapped_sequence,
                                        picture ? 0 : frame_name(packet),
                                        packet.timestamp,
                                        stream,
                                        picture,
                                        point};
  }
  const OperatingPoint& newest() const { return changes_[(count_ - 1) % kRemembered].point; }
  bool empty() const { return count_ == 0; }
  // That which holds for a packet; null: forgotten, or from before the first.
  const OperatingPoint* at(uint32_t stream, const Packet& packet) const {
    const uint64_t name = frame_name(packet);
    for (size_t back = 1; back <= count_ && back <= kRemembered; ++back) {
      const Change& change = changes_[(count_ - back) % kRemembered];
      if (change.stream == stream && change.takes_in(packet, name)) return &change.point;
    }
    return nullptr;
  }

 private:
  struct Change {
    int64_t sequence = 0;
    uint64_t frame = 0;
    uint32_t timestamp = 0;
    uint32_t stream = 0;
    bool picture = false;
    OperatingPoint point{};

    bool takes_in(const Packet& packet, uint64_t name) const {
      if (packet.unwrapped_sequence >= sequence) return true;
      return picture ? packet.timestamp == timestamp : name == frame;
    }
  };
  std::array<Change, kRemembered> changes_{};
  size_t count_ = 0;
};

}  // namespace sfu::rtp
