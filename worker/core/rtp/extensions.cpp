#include "core/rtp/extensions.hpp"

#include <algorithm>

namespace sfu::rtp {

namespace {

constexpr std::array<std::string_view, kExtensionCount> kUris = {
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:3gpp:video-orientation",
    "urn:ietf:params:rtp-hdrext:toffset",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    "urn:mediasoup:params:rtp-hdrext:packet-id",
};

std::string_view identifier(const Packet& packet, Extension kind) {
  const Bytes text = packet.extension(kind);
  return text.size() <= kMaxIdentifier ? as_text(text) : std::string_view{};
}

}  // namespace

std::optional<Extension> extension_of(std::string_view uri) {
  const auto found = std::ranges::find(kUris, uri);
  if (found == kUris.end()) return std::nullopt;
  return static_cast<Extension>(found - kUris.begin());
}

std::string_view uri_of(Extension kind) { return kUris[static_cast<size_t>(kind)]; }

void set_packet_id(Packet& packet, uint32_t id) {
  constexpr uint16_t kAt = Packet::kCapacity - 4;
  if (packet.size > kAt) return;
  store32(packet.bytes.data() + kAt, id);
  packet.extensions[static_cast<size_t>(Extension::kPacketId)] = {kAt, 4};
}

ExtensionTable::ExtensionTable(std::span<const NegotiatedExtension> negotiated) : ExtensionTable() {
  for (const auto& [kind, id] : negotiated) kinds_[id] = kind;
}

ExtensionIds::ExtensionIds(std::span<const NegotiatedExtension> negotiated) {
  for (const auto& [kind, id] : negotiated) ids_[static_cast<size_t>(kind)] = id;
  for (size_t i = 0; i < kExtensionCount; ++i)
    if (ids_[i] != 0) negotiated_ |= 1u << i;
}

std::string_view mid(const Packet& packet) { return identifier(packet, Extension::kMid); }
std::string_view rid(const Packet& packet) { return identifier(packet, Extension::kRid); }
std::string_view repaired_rid(const Packet& packet) { return identifier(packet, Extension::kRepairedRid); }

std::optional<uint32_t> abs_send_time(const Packet& packet) {
  Bytes in = packet.extension(Extension::kAbsSendTime);
  const auto value = take<3>(in);
  if (!value) return std::nullopt;
  return value->u24<0>();
}

std::optional<uint16_t> transport_sequence(const Packet& packet) {
  Bytes in = packet.extension(Extension::kTransportCc);
  const auto value = take<2>(in);
  if (!value) return std::nullopt;
  return value->u16<0>();
}

std::optional<AudioLevel> audio_level(const Packet& packet) {
  Bytes in = packet.extension(Extension::kAudioLevel);
  const auto value = take<1>(in);
  if (!value) return std::nullopt;
  return AudioLevel{(value->u8<0>() & 0x80) != 0, static_cast<uint8_t>(value->u8<0>() & 0x7f)};
}

// |0 0 0 0 C F R R|
std::optional<VideoOrientation> video_orientation(const Packet& packet) {
  Bytes in = packet.extension(Extension::kVideoOrientation);
  const auto value = take<1>(in);
  if (!value) return std::nullopt;
  const uint8_t bits = value->u8<0>();
  return VideoOrientation{(bits & 8) != 0, (bits & 4) != 0, static_cast<uint16_t>((bits & 3) * 90)};
}

// |   MIN delay (12 bits)   |   MAX delay (12 bits)   |, in units of 10 ms
std::optional<PlayoutDelay> playout_delay(const Packet& packet) {
  Bytes in = packet.extension(Extension::kPlayoutDelay);
  const auto value = take<3>(in);
  if (!value) return std::nullopt;
  return PlayoutDelay{(value->u24<0>() >> 12) * 10ms, (value->u24<0>() & 0xfff) * 10ms};
}

std::optional<AbsCaptureTime> abs_capture_time(const Packet& packet) {
  Bytes in = packet.extension(Extension::kAbsCaptureTime);
  const auto captured = take<8>(in);
  if (!captured) return std::nullopt;
  AbsCaptureTime time{Ntp{captured->u64<0>()}, std::nullopt};
  if (const auto offset = take<8>(in)) time.clock_offset = static_cast<int64_t>(offset->u64<0>());
  return time;
}

uint32_t to_abs_send_time(Time at) {
  const auto within = static_cast<uint64_t>(at.time_since_epoch().count()) % 64'000'000;
  return static_cast<uint32_t>((within << 18) / 1'000'000);
}

}  // namespace sfu::rtp
