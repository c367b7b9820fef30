// Why input was dropped, counted. Hostile or useless packets are never logged one by one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sfu {

enum class Drop : uint8_t {
  kNotAProtocol,  // first byte belongs to no protocol (RFC 7983, 7)
  kTooLarge,      // did not fit a packet slot
  kUnknownPath,   // not STUN, and from an address that no transport has selected or validated
  kMalformedStun,
  kUnknownUfrag,
  kBadIntegrity,  // STUN MESSAGE-INTEGRITY wrong or missing
  kNoKeys,        // SRTP before DTLS finished
  kNotAuthentic,  // SRTP tag wrong
  kReplayed,
  kMalformedDtls,
  kMalformedRtp,
  kMalformedRtcp,
  kUnknownSsrc,  // no producer by SSRC, MID or RID
  kUnknownPayloadType,
  kDuplicate,         // seen before, or repaired twice
  kUnknownStream,     // a message on an SCTP stream that no data producer has
  kControllerBehind,  // for a direct transport, whose application does not read
  kCount
};

constexpr std::string_view name_of(Drop why) {
  constexpr std::array<std::string_view, static_cast<size_t>(Drop::kCount)> kNames = {
      "notAProtocol",  "tooLarge",        "unknownPath",  "malformedStun",      "unknownUfrag",
      "badIntegrity",  "noKeys",          "notAuthentic", "replayed",           "malformedDtls",
      "malformedRtp",  "malformedRtcp",   "unknownSsrc",  "unknownPayloadType", "duplicate",
      "unknownStream", "controllerBehind"};
  return kNames[static_cast<size_t>(why)];
}

class Drops {
 public:
  void count(Drop why) { ++counts_[static_cast<size_t>(why)]; }
  uint64_t of(Drop why) const { return counts_[static_cast<size_t>(why)]; }

 private:
  std::array<uint64_t, static_cast<size_t>(Drop::kCount)> counts_{};
};

}  // namespace sfu
