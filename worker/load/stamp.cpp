#include "load/stamp.hpp"

#include <cstring>

namespace sfu::load {
namespace {

constexpr size_t kHash = 8;
constexpr uint32_t kWhole = 1u << 31;

// FNV-1a over words: fast, and every bit counts.
uint64_t hash_of(Bytes bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](uint64_t word) { hash = (hash ^ word) * 0x100000001b3 ^ hash >> 29; };
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    mix(word);
  }
  for (const uint8_t byte : bytes) mix(byte);
  return hash;
}

}  // namespace

void Stamp::write(MutableBytes payload) const {
  ByteWriter out(payload.last(kSize));
  out.u32((whole ? kWhole : 0) | (stream & ~kWhole));
  out.u32(index);
  out.u64(static_cast<uint64_t>(made.time_since_epoch().count()));
  out.u64(hash_of(payload.subspan(kVariable, payload.size() - kVariable - kHash)));
}

std::optional<Stamp> Stamp::read(Bytes payload) {
  if (payload.size() < kVariable + kSize) return std::nullopt;
  Bytes rest = payload.last(kSize);
  const auto in = *take<kSize>(rest);
  if (in.u64<16>() != hash_of(payload.subspan(kVariable, payload.size() - kVariable - kHash)))
    return std::nullopt;
  return Stamp{in.u32<0>() & ~kWhole, (in.u32<0>() & kWhole) != 0, in.u32<4>(),
               Time(Duration(static_cast<int64_t>(in.u64<8>())))};
}

}  // namespace sfu::load
