#include "core/rtcp/ccfb.hpp"

namespace sfu::rtcp {
namespace {

constexpr size_t kMaxReports = 16384;

}  // namespace

std::optional<Ccfb::Stream> Ccfb::Stream::take(Bytes& in) {
  const auto head = sfu::take<8>(in);
  if (!head || head->u16<6>() > kMaxReports) return std::nullopt;
  const size_t size = size_t{head->u16<6>()} * 2;
  const auto reports = sfu::take(in, size + size % 4);
  if (!reports) return std::nullopt;
  return Stream{head->u32<0>(), head->u16<4>(), reports->first(size)};
}

Ccfb::Status Ccfb::Stream::status(size_t at) const {
  const uint16_t report = load16(reports.data() + at * 2);
  return {.ssrc = ssrc,
          .sequence = static_cast<uint16_t>(begin_sequence + at),
          .received = (report & 0x8000) != 0,
          .ecn = static_cast<uint8_t>(report >> 13 & 3),
          .arrival_offset = static_cast<uint16_t>(report & 0x1fff)};
}

std::optional<Ccfb> Ccfb::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto sender = take<4>(in);
  if (!sender || in.size() < 4) return std::nullopt;
  const Bytes streams = in.first(in.size() - 4);
  for (Bytes rest = streams; !rest.empty();)
    if (!Stream::take(rest)) return std::nullopt;
  return Ccfb{sender->u32<0>(), load32(in.data() + streams.size()), streams};
}

}  // namespace sfu::rtcp
