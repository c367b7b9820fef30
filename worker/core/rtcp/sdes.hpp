// Source description (RFC 3550, 6.5), of which we read and write the CNAME alone: it tells which streams
// share a clock.
//
//   |V=2|P|    SC   |  PT=SDES=202  |             length            |
//   |                          SSRC/CSRC_1                          |
//   |    CNAME=1    |     length    | user and domain name         ...
//   |   more items, ended by one to four zeros at a 32-bit boundary ...
#pragma once

#include "core/rtcp/packet.hpp"

namespace sfu::rtcp {

struct SdesChunk {
  uint32_t ssrc = 0;
  std::string_view cname;  // at most 255 bytes; empty when the chunk has none

  static std::optional<SdesChunk> take(Bytes& in);
  void write(ByteWriter& out) const;
  friend bool operator==(const SdesChunk&, const SdesChunk&) = default;
};

class Sdes {
 public:
  static constexpr uint8_t kType = 202;

  explicit Sdes(std::span<const SdesChunk> chunks) : chunks_(chunks) {}  // at most kMaxCount
  static bool matches(const Packet& packet) { return packet.type == kType; }
  static std::optional<Sdes> parse(const Packet& packet);
  void write(ByteWriter& out) const;

  template <class Visit>
  void each(Visit&& visit) const {
    for (const SdesChunk& chunk : chunks_) visit(chunk);
    Bytes in = wire_;
    while (const auto chunk = SdesChunk::take(in)) visit(*chunk);
  }

 private:
  Sdes() = default;

  std::span<const SdesChunk> chunks_;  // the caller's, or
  Bytes wire_;                         // the received ones, known to be whole
  size_t count_ = 0;
};

}  // namespace sfu::rtcp
