// CRC-32 as zlib and ITU-T V.42 compute it, which FINGERPRINT uses (RFC 8489, 14.7).
#pragma once

#include <array>

#include "core/base/bytes.hpp"

namespace sfu::stun {

constexpr std::array<uint32_t, 256> crc32_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    table[i] = crc;
  }
  return table;
}

inline uint32_t crc32(Bytes in) {
  static constexpr std::array<uint32_t, 256> kTable = crc32_table();
  uint32_t crc = 0xffffffff;
  for (const uint8_t byte : in) crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xff];
  return ~crc;
}

// The value of a FINGERPRINT behind `in`.
inline uint32_t fingerprint(Bytes in) { return crc32(in) ^ 0x5354554e; }

}  // namespace sfu::stun
