#include "core/rtcp/xr.hpp"

namespace sfu::rtcp {
namespace {

constexpr uint8_t kReferenceTime = 4;
constexpr uint8_t kDlrr = 5;

bool read_reference_time(Bytes block, Xr& xr) {
  const auto time = take<8>(block);
  if (!time || !block.empty()) return false;
  xr.reference_time = Ntp{time->u64<0>()};
  return true;
}

bool read_dlrr(Bytes block, Xr& xr) {
  if (block.size() % Dlrr::kSize != 0) return false;
  xr.dlrr = *Records<Dlrr>::take(block, block.size() / Dlrr::kSize);
  return true;
}

bool read_block(uint8_t type, Bytes block, Xr& xr) {
  if (type == kReferenceTime) return read_reference_time(block, xr);
  if (type == kDlrr) return read_dlrr(block, xr);
  return true;
}

}  // namespace

void Dlrr::write(ByteWriter& out) const {
  out.u32(ssrc);
  out.u32(last_rr);
  out.u32(delay_since_last_rr);
}

std::optional<Xr> Xr::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto ssrc = take<4>(in);
  if (!ssrc) return std::nullopt;
  Xr xr{.ssrc = ssrc->u32<0>(), .reference_time = {}, .dlrr = {}};
  while (!in.empty()) {
    const auto head = take<4>(in);
    const auto block = head ? take(in, size_t{head->u16<2>()} * 4) : std::nullopt;
    if (!block || !read_block(head->u8<0>(), *block, xr)) return std::nullopt;
  }
  return xr;
}

void Xr::write(ByteWriter& out) const {
  write_packet(out, kType, 0, [&] {
    out.u32(ssrc);
    if (reference_time) {
      out.u32(uint32_t{kReferenceTime} << 24 | 2);
      out.u64(reference_time->value);
    }
    if (!dlrr.empty()) {
      out.u32(uint32_t{kDlrr} << 24 | static_cast<uint32_t>(dlrr.size() * 3));
      dlrr.write(out);
    }
  });
}

}  // namespace sfu::rtcp
