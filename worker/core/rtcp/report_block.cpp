#include "core/rtcp/report_block.hpp"

#include <algorithm>

namespace sfu::rtcp {
namespace {

// 24 bits, two's complement.
int32_t sign_extend(uint32_t value) { return static_cast<int32_t>(value << 8) >> 8; }

}  // namespace

ReportBlock ReportBlock::parse(Fixed<kSize> in) {
  return {.ssrc = in.u32<0>(),
          .fraction_lost = in.u8<4>(),
          .cumulative_lost = sign_extend(in.u24<5>()),
          .highest_sequence = in.u32<8>(),
          .jitter = in.u32<12>(),
          .last_sr = in.u32<16>(),
          .delay_since_last_sr = in.u32<20>()};
}

void ReportBlock::write(ByteWriter& out) const {
  out.u32(ssrc);
  out.u8(fraction_lost);
  // RFC 3550, A.3: the number stays at its limit rather than wrap.
  out.u24(static_cast<uint32_t>(std::clamp(cumulative_lost, -0x800000, 0x7fffff)));
  out.u32(highest_sequence);
  out.u32(jitter);
  out.u32(last_sr);
  out.u32(delay_since_last_sr);
}

}  // namespace sfu::rtcp
