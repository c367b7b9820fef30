// SRTP and SRTCP packets (RFC 3711, 3.1 and 3.4; RFC 7714, 8 and 9) around a cipher that knows neither: where
// the parts of a packet lie, its nonce, and the SRTCP index of what we send.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/check.hpp"
#include "core/srtp/header.hpp"
#include "core/srtp/parts.hpp"
#include "core/srtp/seal_job.hpp"

namespace sfu::srtp {

// The SRTCP index (RFC 3711, 3.4): 31 bits, no value twice under one key. It starts with 1, since receivers
// are about that take 0 for the last index seen.
class RtcpIndex {
 public:
  explicit RtcpIndex(uint32_t last = 0) : last_(last) {}
  // nullopt when all are used (RFC 3711, 9.2).
  std::optional<uint32_t> next() {
    if (last_ == kRtcpIndexMask) return std::nullopt;
    return ++last_;
  }

 private:
  uint32_t last_;
};

template <class Cipher>
class Framing {
 public:
  Framing(Profile profile, const SessionKeys& keys, Direction direction, RtcpIndex index = RtcpIndex())
      : profile_(profile),
        rtp_salt_(keys.rtp.salt),
        rtcp_salt_(keys.rtcp.salt),
        rtcp_index_(index),
        rtp_(profile, keys.rtp, rtp_tag_size(profile), direction),
        rtcp_(profile, keys.rtcp, rtcp_tag_size(profile), direction) {}

  Cipher& rtp_cipher() { return rtp_; }
  Parts parts(const SealJob& job) const {
    uint8_t* text = job.out + job.header;
    return rtp_parts(job.out, job.header, job.index, job.payload, text + job.payload_size);
  }
  void seal_rtp(const SealJob& job) { rtp_.seal(parts(job)); }
  bool open_rtp(MutableBytes packet, const RtpHeader& header, uint64_t index) {
    uint8_t* tag = packet.data() + packet.size() - rtp_tag_size(profile_);
    return rtp_.open(rtp_parts(packet.data(), header.size, index, packet.data() + header.size, tag));
  }

  size_t seal_rtcp(MutableBytes buffer, size_t size) {
    const std::optional<uint32_t> index = rtcp_index_.next();
    if (!index) return 0;
    const MutableBytes packet = buffer.first(size + rtcp_overhead(profile_));
    store32(packet.data() + rtcp_index_at(profile_, packet.size()), kRtcpEncrypted | *index);
    with_rtcp_parts(packet, [this](const Parts& parts) { return rtcp_.seal(parts), true; });
    return packet.size();
  }
  bool open_rtcp(MutableBytes packet) {
    return with_rtcp_parts(packet, [this](const Parts& parts) { return rtcp_.open(parts); });
  }

 private:
  Parts rtp_parts(uint8_t* packet, size_t header, uint64_t index, const uint8_t* in, uint8_t* tag) const {
    uint8_t* text = packet + header;
    return {.nonce = make_nonce(is_aead(profile_), rtp_salt_, load32(packet + 8), index),
            .associated = {packet, header},
            .in = in,
            .out = text,
            .size = static_cast<size_t>(tag - text),
            .trailer = static_cast<uint32_t>(index >> 16),
            .tag = tag};
  }

  // AES-CM: header, text, index word, tag. AEAD: header, text, tag, index word; the word is associated data.
  template <class Use>
  bool with_rtcp_parts(MutableBytes packet, Use&& use) const {
    const bool aead = is_aead(profile_);
    uint8_t* const data = packet.data();
    const size_t end = packet.size() - rtcp_overhead(profile_);
    const uint32_t word = load32(data + rtcp_index_at(profile_, packet.size()));
    std::array<uint8_t, kRtcpHeader + 4> associated;
    std::memcpy(associated.data(), data, kRtcpHeader);
    store32(associated.data() + kRtcpHeader, word);
    return use(Parts{.nonce = make_nonce(aead, rtcp_salt_, load32(data + 4), word & kRtcpIndexMask),
                     .associated = aead ? Bytes(associated) : Bytes(data, kRtcpHeader),
                     .in = data + kRtcpHeader,
                     .out = data + kRtcpHeader,
                     .size = end - kRtcpHeader,
                     .trailer = word,
                     .tag = data + end + (aead ? 0 : 4)});
  }

  Profile profile_;
  Salt rtp_salt_;
  Salt rtcp_salt_;
  RtcpIndex rtcp_index_;
  Cipher rtp_;
  Cipher rtcp_;
};

}  // namespace sfu::srtp
