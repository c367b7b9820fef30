// A client's video as a browser sends it: VP8 frames in packets of equal size, or as equal as may be, with
// MID and transport-wide sequence numbers in header extensions, sealed. The packets of a frame are sent
// together.
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
  static constexpr size_t kHeader = 24;
  static constexpr size_t kDescriptor = 4;
  static constexpr size_t kContent = kPacketSize - kHeader - kDescriptor;  // of a full packet
  static constexpr uint32_t kSsrc = 0x1001;

  Source(srtp::Profile profile, const srtp::Master& master);

  // One frame of so many bytes; how many packets that took.
  size_t send_frame(const LoopbackSocket& from, const Address& to, size_t bytes, bool key);
  // The bytes behind the VP8 descriptor, of the last packet.
  Bytes content() const { return Bytes(payload_).subspan(kDescriptor); }

 private:
  void fill_payload(size_t bytes, bool first, bool key);
  Bytes seal(bool last, MutableBytes out);

  srtp::SendKeys keys_;
  srtp::Sealer sealer_;
  rtp::PacketPool pool_{1};
  rtp::PacketRef empty_;
  uint64_t index_ = 0;
  uint16_t picture_ = 0;
  std::vector<uint8_t> payload_;
  std::vector<uint8_t> out_;
  std::vector<Bytes> datagrams_;
};

}  // namespace sfu::bench
