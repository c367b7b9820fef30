// One RTP packet to be sealed. All that the cipher needs is here: there is no state of an SSRC behind it, so
// that a retransmission with an old index is a job like any other. An index of an SSRC sealed twice must be
// the same packet, byte for byte, header included: two packets under one nonce give AEAD's key away.
#pragma once

#include <cstdint>

namespace sfu::srtp {

class SendKeys;

struct SealJob {
  SendKeys* keys = nullptr;
  uint64_t index = 0;  // extended sequence number (RFC 3711, 3.3.1): ROC << 16 | SEQ
  uint8_t* out =
      nullptr;          // the RTP header is there already; rtp_overhead() bytes are free behind the payload
  uint16_t header = 0;  // bytes, as the header itself says
  uint16_t payload_size = 0;
  const uint8_t* payload = nullptr;  // out + header, or where it does not overlap with the sealed packet
};

}  // namespace sfu::srtp
