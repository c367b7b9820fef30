// The numbers of STUN (RFC 8489, 18) and of its ICE attributes (RFC 8445, 16.1) that we speak.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sfu::stun {

inline constexpr uint32_t kMagicCookie = 0x2112a442;
inline constexpr size_t kHeaderSize = 20;
inline constexpr uint16_t kBinding = 0x001;

using TransactionId = std::array<uint8_t, 12>;

enum class Class : uint8_t { kRequest = 0, kIndication = 1, kSuccess = 2, kError = 3 };

enum class Attribute : uint16_t {
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kNomination = 0x0030,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802a,
  kGoogNomination = 0xc001,  // NOMINATION as browsers send it (draft-thatcher-ice-renomination)
};

// An attribute below 0x8000 that is not understood fails its request (RFC 8489, 14).
constexpr bool comprehension_required(uint16_t attribute) { return attribute < 0x8000; }

enum class ErrorCode : uint16_t {
  kBadRequest = 400,
  kUnauthenticated = 401,
  kUnknownAttribute = 420,
  kRoleConflict = 487,
};

}  // namespace sfu::stun
