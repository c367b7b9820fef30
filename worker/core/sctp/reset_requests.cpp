#include "core/sctp/reset_requests.hpp"

#include <algorithm>

namespace sfu::sctp {
namespace {

constexpr uint8_t kReConfig = 130;                // RFC 6525, 3.1
constexpr uint16_t kOutgoingResetRequest = 0x0d;  // 4.1
constexpr size_t kCommonHeader = 12;              // RFC 9260, 3.1

struct Piece {
  Fixed<4> head;
  Bytes body;
};

// The next chunk or parameter: four bytes of head, the length in the last two of them, padded to four.
std::optional<Piece> next(Bytes& in) {
  const auto head = take<4>(in);
  if (!head || head->u16<2>() < 4) return std::nullopt;
  const size_t size = std::min<size_t>(head->u16<2>() - 4, in.size());
  const Bytes body = in.first(size);
  in = in.subspan(std::min((size + 3) / 4 * 4, in.size()));
  return Piece{*head, body};
}

}  // namespace

bool ResetRequests::admit(Bytes packet) {
  if (!take(packet, kCommonHeader)) return false;
  while (auto chunk = next(packet)) {
    if (chunk->head.u8<0>() != kReConfig) continue;
    if (pending_ >= kMost) return false;
    while (auto parameter = next(chunk->body)) {
      const auto request = take<4>(parameter->body);
      if (request && parameter->head.u16<0>() == kOutgoingResetRequest) note(request->u32<0>());
    }
  }
  return true;
}

// A retransmission has the number of the last, or, overtaken, that of the one before.
void ResetRequests::note(uint32_t number) {
  if (last_ && (number == *last_ || number == *last_ - 1)) return;
  last_ = number;
  ++pending_;
}

}  // namespace sfu::sctp
