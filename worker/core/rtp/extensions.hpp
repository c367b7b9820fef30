// RTP header extensions (RFC 8285): which id means which Extension on a transport or at a consumer, and how
// the values of those that we understand are read.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/rtp/packet.hpp"

namespace sfu::rtp {

// The longest MID or RID that is read or written; RFC 8852, 3 asks for at most 16 bytes.
inline constexpr size_t kMaxIdentifier = 32;

struct NegotiatedExtension {
  Extension kind;
  uint8_t id;  // 1 … 255, but not 15 (RFC 8285, 4.2)
};

std::optional<Extension> extension_of(std::string_view uri);
std::string_view uri_of(Extension kind);

// Receiving: id → kind.
class ExtensionTable {
 public:
  ExtensionTable() { kinds_.fill(Extension::kCount); }
  explicit ExtensionTable(std::span<const NegotiatedExtension> negotiated);

  // kCount: the id was not negotiated.
  Extension find(uint8_t id) const { return kinds_[id]; }

 private:
  std::array<Extension, 256> kinds_;
};

// Sending: kind → id.
class ExtensionIds {
 public:
  ExtensionIds() = default;
  explicit ExtensionIds(std::span<const NegotiatedExtension> negotiated);

  // 0: not negotiated.
  uint8_t operator[](Extension kind) const { return ids_[static_cast<size_t>(kind)]; }
  // One bit a kind, kMid the lowest.
  uint32_t negotiated() const { return negotiated_; }

 private:
  std::array<uint8_t, kExtensionCount> ids_{};
  uint32_t negotiated_ = 0;
};

// RFC 6464: the level in -dBov, 0 the loudest.
struct AudioLevel {
  bool voice = false;
  uint8_t level = 127;
};

// 3GPP TS 26.114, 7.4.5: clockwise rotation that the receiver is to undo.
struct VideoOrientation {
  bool camera_back = false;
  bool flip = false;
  uint16_t rotation = 0;  // 0, 90, 180 or 270
  friend bool operator==(const VideoOrientation&, const VideoOrientation&) = default;
};

struct PlayoutDelay {
  Duration min{};
  Duration max{};
};

struct AbsCaptureTime {
  Ntp captured;
  std::optional<int64_t> clock_offset;  // of the capturer's clock to the sender's, 32.32 fixed point
};

// Empty when absent or longer than kMaxIdentifier.
std::string_view mid(const Packet& packet);
std::string_view rid(const Packet& packet);
std::string_view repaired_rid(const Packet& packet);

std::optional<uint32_t> abs_send_time(const Packet& packet);
std::optional<uint16_t> transport_sequence(const Packet& packet);
std::optional<AudioLevel> audio_level(const Packet& packet);
std::optional<VideoOrientation> video_orientation(const Packet& packet);
std::optional<PlayoutDelay> playout_delay(const Packet& packet);
std::optional<AbsCaptureTime> abs_capture_time(const Packet& packet);

// Gives the packet an id that it did not come with; consumers that negotiated it pass it on. It stands in the
// last bytes of the packet's slot; a packet that needs these gets none.
void set_packet_id(Packet& packet, uint32_t id);

// Seconds in 6.18 fixed point, wrapping every 64 s.
uint32_t to_abs_send_time(Time at);

}  // namespace sfu::rtp
