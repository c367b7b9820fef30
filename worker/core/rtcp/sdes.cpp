#include "core/rtcp/sdes.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace sfu::rtcp {
namespace {

constexpr uint8_t kEnd = 0;
constexpr uint8_t kCname = 1;

}  // namespace

std::optional<SdesChunk> SdesChunk::take(Bytes& in) {
  const size_t before = in.size();
  const auto head = sfu::take<4>(in);
  if (!head) return std::nullopt;
  SdesChunk chunk{.ssrc = head->u32<0>(), .cname = {}};
  while (const auto type = sfu::take<1>(in)) {
    if (type->u8<0>() == kEnd) {
      const size_t fill = (4 - (before - in.size()) % 4) % 4;
      in = in.subspan(std::min(fill, in.size()));
      return chunk;
    }
    const auto size = sfu::take<1>(in);
    const auto text = size ? sfu::take(in, size->u8<0>()) : std::nullopt;
    if (!text) return std::nullopt;
    if (type->u8<0>() == kCname) chunk.cname = as_text(*text);
  }
  return std::nullopt;
}

void SdesChunk::write(ByteWriter& out) const {
  CHECK(cname.size() <= 255);
  const size_t start = out.size();
  out.u32(ssrc);
  if (!cname.empty()) {
    out.u8(kCname);
    out.u8(static_cast<uint8_t>(cname.size()));
    out.bytes(as_bytes(cname));
  }
  out.zeros(4 - (out.size() - start) % 4);
}

std::optional<Sdes> Sdes::parse(const Packet& packet) {
  Bytes rest = packet.body;
  for (size_t i = 0; i < packet.count; ++i)
    if (!SdesChunk::take(rest)) return std::nullopt;
  Sdes sdes;
  sdes.wire_ = packet.body.first(packet.body.size() - rest.size());
  sdes.count_ = packet.count;
  return sdes;
}

void Sdes::write(ByteWriter& out) const {
  const size_t count = chunks_.size() + count_;
  CHECK(count <= kMaxCount);
  write_packet(out, kType, count, [&] { each([&](const SdesChunk& chunk) { chunk.write(out); }); });
}

}  // namespace sfu::rtcp
