#include "core/rtp/rtx.hpp"

namespace sfu::rtp {

namespace {

constexpr uint16_t kOsnSize = 2;

void rewrite_header(Packet& packet) {
  packet.bytes[1] = static_cast<uint8_t>((packet.bytes[1] & 0x80) | packet.payload_type);
  store16(packet.bytes.data() + 2, packet.sequence);
  store32(packet.bytes.data() + 8, packet.ssrc);
}

void remove_osn(Packet& packet) {
  uint8_t* payload = packet.bytes.data() + packet.payload.at;
  std::memmove(payload, payload + kOsnSize, size_t{packet.size} - packet.payload.at - kOsnSize);
  packet.size = static_cast<uint16_t>(packet.size - kOsnSize);
  packet.payload.size = static_cast<uint16_t>(packet.payload.size - kOsnSize);
}

}  // namespace

Rtx unwrap_rtx(Packet& packet, uint8_t original_payload_type, uint32_t original_ssrc) {
  if (packet.payload.size == 0) return Rtx::kEmpty;
  if (packet.payload.size < kOsnSize) return Rtx::kMalformed;
  packet.payload_type = original_payload_type;
  packet.ssrc = original_ssrc;
  packet.sequence = load16(packet.bytes.data() + packet.payload.at);
  rewrite_header(packet);
  remove_osn(packet);
  return Rtx::kOriginal;
}

size_t write_rtx_header(MutableBytes out, const OutgoingHeader& header, uint16_t original_sequence,
                        const Packet& source, const ExtensionIds& ids, const OwnExtensions& own) {
  const size_t size = write_header(out, header, source, ids, own);
  if (size == 0 || out.size() < size + kOsnSize) return 0;
  store16(out.data() + size, original_sequence);
  return size + kOsnSize;
}

}  // namespace sfu::rtp
