// A client's video as a browser sends it: VP8 frames of equal packets, with MID and transport-wide sequence
// numbers in header extensions, sealed.
#pragma once

#include <memory>
#include <vector>

#include "bench/loopback.hpp"
#include "core/rtp/packet.hpp"
#include "core/srtp/sealer.hpp"

namespace sfu::bench {

// What all clients negotiate.
inline constexpr uint8_t kPayloadType = 96, kRtxPayloadType = 97;
inline constexpr uint8_t kMidId = 1, kAbsSendTimeId = 3, kTransportCcId = 5;
inline constexpr std::string_view kMid = "0";

class Source {
 public:
  static constexpr size_t kPacketSize = 1200;  // before SRTP
  static constexpr uint32_t kSsrc = 0x1001;

  // A key frame when it begins.
  Source(srtp::Profile profile, const srtp::Master& master);

  // One frame of so many packets.
  void send_frame(const LoopbackSocket& from, const Address& to, size_t packets);
  // The bytes behind the VP8 descriptor, of the last packet.
  Bytes content() const { return Bytes(payload_).subspan(kDescriptor); }
  static constexpr size_t kDescriptor = 4;

 private:
  void fill_payload(bool first);
  Bytes seal(bool last);

  srtp::SendKeys keys_;
  srtp::Sealer sealer_;
  rtp::PacketPool pool_{1};
  rtp::PacketRef empty_;
  uint64_t index_ = 0;
  uint16_t picture_ = 0;
  std::vector<uint8_t> payload_;
  std::array<uint8_t, kPacketSize + 32> out_{};
};

}  // namespace sfu::bench
