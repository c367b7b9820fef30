// Retransmission payload format (RFC 4588, 4):
//
//   |        RTP header of the retransmission stream                |
//   |            OSN                |                               |
//   |                  original packet's payload                    |
#pragma once

#include "core/rtp/header.hpp"

namespace sfu::rtp {

enum class Rtx : uint8_t {
  kOriginal,  // the packet now is the original one
  kEmpty,     // nothing but a header and padding: a bandwidth probe
  kMalformed
};

// Makes a parsed retransmission packet what its original was: fields and bytes. It keeps its own header
// extensions, arrival and padding.
Rtx unwrap_rtx(Packet& packet, uint8_t original_payload_type, uint32_t original_ssrc);

// The header and the original sequence number, behind which the source's payload goes. Returns
// header_size() + 2, or 0 if `out` is shorter.
size_t write_rtx_header(MutableBytes out, const OutgoingHeader& header, uint16_t original_sequence,
                        const Packet& source, const ExtensionIds& ids, const OwnExtensions& own);

}  // namespace sfu::rtp
