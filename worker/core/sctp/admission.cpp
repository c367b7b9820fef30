#include "core/sctp/admission.hpp"

#include <algorithm>

namespace sfu::sctp {
namespace {

constexpr uint8_t kForwardTsn = 192;              // RFC 3758, 3.2
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

bool Admission::admit(Bytes packet) {
  if (!take(packet, kCommonHeader)) return false;
  size_t forward_tsns = 0;
  while (const auto chunk = next(packet)) {
    const uint8_t type = chunk->head.u8<0>();
    if (type == kForwardTsn && ++forward_tsns > 1) return false;
    if (type == kReConfig && pending_resets_ >= kMostResets) return false;
    if (type == kReConfig) note_requests(chunk->body);
  }
  return true;
}

void Admission::note_requests(Bytes parameters) {
  while (const auto parameter = next(parameters)) {
    Bytes body = parameter->body;
    const auto number = take<4>(body);
    if (number && parameter->head.u16<0>() == kOutgoingResetRequest) note_request(number->u32<0>());
  }
}

// A retransmission has the number of the last, or, overtaken, that of the one before.
void Admission::note_request(uint32_t number) {
  if (last_request_ && (number == *last_request_ || number == *last_request_ - 1)) return;
  last_request_ = number;
  ++pending_resets_;
}

}  // namespace sfu::sctp
