// Layer frames of a stream for tests of layer selection: one packet each, numbered in turn.
#pragma once

#include <memory>

#include "core/rtp/packet.hpp"

namespace sfu::rtp::test {

struct Frames {
  int64_t sequence = 100;
  uint32_t timestamp = 0;

  void next_picture() { timestamp += 3000; }
  // The spatial and temporal layer, and VP9's bits: P, D, Z, U; M for the marker.
  std::unique_ptr<Packet> vp9(uint8_t spatial, uint8_t temporal, std::string_view bits) {
    auto packet = std::make_unique<Packet>();
    packet->unwrapped_sequence = sequence++;
    packet->timestamp = timestamp;
    const auto has = [&](char bit) { return bits.find(bit) != bits.npos; };
    packet->marker = has('M');
    Frame& frame = packet->frame;
    frame.begins = frame.ends = true;
    frame.spatial_layer = spatial;
    frame.temporal_layer = temporal;
    frame.inter_picture = has('P');
    frame.inter_layer = has('D');
    frame.unused_above = has('Z');
    frame.switch_up = has('U');
    frame.key_frame = !frame.inter_picture && !frame.inter_layer;
    return packet;
  }
};

}  // namespace sfu::rtp::test
