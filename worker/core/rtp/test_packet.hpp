// Packets for tests, written byte by byte.
#pragma once

#include <initializer_list>
#include <memory>
#include <vector>

#include "core/rtp/parse.hpp"

namespace sfu::rtp::test {

inline void append(std::vector<uint8_t>& out, std::initializer_list<int> bytes) {
  for (int byte : bytes) out.push_back(static_cast<uint8_t>(byte));
}

inline std::vector<uint8_t> bytes_of(std::initializer_list<int> bytes) {
  std::vector<uint8_t> out;
  append(out, bytes);
  return out;
}

// V=2, payload type 96 with marker, sequence 0x1234, timestamp 0x01020304, SSRC 0xa0b0c0d0.
inline std::vector<uint8_t> fixed_header(int first_byte = 0x80) {
  return bytes_of({first_byte, 0x80 | 96, 0x12, 0x34, 1, 2, 3, 4, 0xa0, 0xb0, 0xc0, 0xd0});
}

// With extension elements as they are, padded to words.
inline std::vector<uint8_t> with_extensions(int profile, std::initializer_list<int> elements,
                                            std::initializer_list<int> payload = {}) {
  auto out = fixed_header(0x90);
  const size_t words = (elements.size() + 3) / 4;
  append(out, {profile >> 8, profile & 0xff, 0, static_cast<int>(words)});
  append(out, elements);
  out.resize(16 + words * 4);
  append(out, payload);
  return out;
}

inline std::unique_ptr<Packet> unparsed(const std::vector<uint8_t>& bytes) {
  auto packet = std::make_unique<Packet>();
  packet->size = static_cast<uint16_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), packet->bytes.begin());
  return packet;
}

// nullptr: refused.
inline std::unique_ptr<Packet> parsed(const std::vector<uint8_t>& bytes, const ExtensionTable& table = {}) {
  auto packet = unparsed(bytes);
  return parse(*packet, table) ? std::move(packet) : nullptr;
}

}  // namespace sfu::rtp::test
