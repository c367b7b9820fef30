// Writing the header of a forwarded packet. Extensions that the source has and the receiver negotiated are
// copied, except those that belong to a hop: MID and the RIDs are the consumer's own, abs-send-time and the
// transport-wide sequence number are written fresh. Of a dependency descriptor the frame number may change.
// header_size() says exactly what write_header() writes.
#pragma once

#include "core/rtp/extensions.hpp"

namespace sfu::rtp {

struct OutgoingHeader {
  uint8_t payload_type = 0;
  bool marker = false;
  bool padded = false;  // the P bit; write_padding() writes what it announces
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
};

// Empty texts are not sent; each is at most kMaxIdentifier long. The numbers go out where negotiated.
struct OwnExtensions {
  std::string_view mid{};
  std::string_view rid{};
  std::string_view repaired_rid{};
  uint32_t abs_send_time = 0;
  uint16_t transport_sequence = 0;
  uint16_t frame_offset = 0;  // added to the frame number in a dependency descriptor
};

size_t header_size(const Packet& source, const ExtensionIds& ids, const OwnExtensions& own);

// Returns header_size(), or 0 if `out` is shorter; its bytes then mean nothing.
size_t write_header(MutableBytes out, const OutgoingHeader& header, const Packet& source,
                    const ExtensionIds& ids, const OwnExtensions& own);

// Fills `out`, of 1 to 255 bytes, as the padding at a packet's end.
void write_padding(MutableBytes out);

}  // namespace sfu::rtp
