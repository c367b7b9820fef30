#include "core/rtcp/transport_cc.hpp"

#include <array>
#include <limits>

#include "core/base/check.hpp"

namespace sfu::rtcp {
namespace {

constexpr size_t kHeader = 20;
constexpr int kTicksAReference = TransportCc::kReferenceUnit / TransportCc::kTick;
constexpr uint32_t kReferenceMask = 0xffffff;

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

// Rounded to the nearest, each by itself: errors do not add up.
int64_t to_ticks(Time at) {
  const Duration half = TransportCc::kTick / 2;
  return floor_divide((at.time_since_epoch() + half).count(), TransportCc::kTick.count());
}

// Each arrival as its distance from the one before it; the first from the reference time.
class Deltas {
 public:
  explicit Deltas(std::span<const Time> arrivals) {
    const auto first = std::ranges::find_if(arrivals, [](Time at) { return at != kNever; });
    CHECK(first != arrivals.end());
    reference_ = floor_divide(to_ticks(*first), kTicksAReference);
    previous_ = reference_ * kTicksAReference;
  }
  uint32_t reference_time() const { return static_cast<uint32_t>(reference_) & kReferenceMask; }
  // nullopt, and nothing changed, when the distance is too long for a message.
  std::optional<int16_t> next(Time arrival) {
    const int64_t delta = to_ticks(arrival) - previous_;
    if (delta != static_cast<int16_t>(delta)) return std::nullopt;
    previous_ += delta;
    return static_cast<int16_t>(delta);
  }

 private:
  int64_t reference_ = 0;
  int64_t previous_ = 0;
};

uint8_t delta_size(int16_t delta) { return delta >= 0 && delta <= 255 ? 1 : 2; }

struct Encoded {
  uint32_t reference_time = 0;
  std::array<uint8_t, TransportCcReport::kMaxStatuses> statuses;
  std::array<int16_t, TransportCcReport::kMaxStatuses> deltas;
};

void encode(std::span<const Time> arrivals, Encoded& out) {
  Deltas deltas(arrivals);
  out.reference_time = deltas.reference_time();
  for (size_t i = 0; i < arrivals.size(); ++i) {
    out.statuses[i] = 0;
    if (arrivals[i] == kNever) continue;
    const auto delta = deltas.next(arrivals[i]);
    CHECK(delta.has_value());
    out.deltas[i] = *delta;
    out.statuses[i] = delta_size(*delta);
  }
}

void write_chunks(std::span<const uint8_t> statuses, ByteWriter& out) {
  while (!statuses.empty()) {
    const auto [chunk, count] = StatusChunk::covering(statuses);
    out.u16(chunk.word);
    statuses = statuses.subspan(count);
  }
}

void write_delta(uint8_t size, int16_t delta, ByteWriter& out) {
  if (size == 1) out.u8(static_cast<uint8_t>(delta));
  if (size == 2) out.u16(static_cast<uint16_t>(delta));
}

// Every chunk but the last covers at least kTwoBit statuses.
size_t size_at_most(size_t statuses, size_t delta_bytes) {
  const size_t chunks = (statuses + StatusChunk::kTwoBit - 1) / StatusChunk::kTwoBit;
  return (kHeader + 2 * chunks + delta_bytes + 3) / 4 * 4;
}

uint16_t vector_word(std::span<const uint8_t> statuses, uint32_t bits, uint32_t word) {
  uint32_t shift = 14;
  for (const uint8_t status : statuses) word |= uint32_t{status} << (shift -= bits);
  return static_cast<uint16_t>(word);
}

}  // namespace

StatusChunk::Covering StatusChunk::covering(std::span<const uint8_t> statuses) {
  const uint8_t first = statuses.front();
  const auto change = std::ranges::find_if(statuses, [&](uint8_t status) { return status != first; });
  const size_t run = std::min(static_cast<size_t>(change - statuses.begin()), kMaxRun);
  const auto one_bit = statuses.first(std::min(statuses.size(), kOneBit));
  const auto two_bit = statuses.first(std::min(statuses.size(), kTwoBit));
  const bool fits_one_bit = std::ranges::none_of(one_bit, [](uint8_t status) { return status > 1; });
  const auto vector = fits_one_bit ? one_bit : two_bit;
  if (run >= vector.size()) return {{static_cast<uint16_t>(size_t{first} << 13 | run)}, run};
  if (fits_one_bit) return {{vector_word(vector, 1, 0x8000)}, vector.size()};
  return {{vector_word(vector, 2, 0xc000)}, vector.size()};
}

std::optional<TransportCc> TransportCc::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto head = take<16>(in);
  if (!head) return std::nullopt;
  TransportCc feedback{.sender_ssrc = head->u32<0>(),
                       .media_ssrc = head->u32<4>(),
                       .base_sequence = head->u16<8>(),
                       .status_count = head->u16<10>(),
                       .reference_time = head->u24<12>(),
                       .feedback_count = head->u8<15>(),
                       .chunks = in,
                       .deltas = {}};
  if (feedback.status_count == 0 || feedback.status_count > kMaxStatuses) return std::nullopt;
  size_t delta_bytes = 0;
  for (size_t left = feedback.status_count; left > 0;) {
    const auto word = take<2>(in);
    if (!word) return std::nullopt;
    const StatusChunk chunk{word->u16<0>()};
    const size_t count = std::min(chunk.size(), left);
    for (size_t i = 0; i < count; ++i) {
      if (chunk.status(i) == 3) return std::nullopt;
      delta_bytes += chunk.status(i);
    }
    left -= count;
  }
  feedback.chunks = feedback.chunks.first(feedback.chunks.size() - in.size());
  const auto deltas = take(in, delta_bytes);
  if (!deltas) return std::nullopt;
  feedback.deltas = *deltas;
  return feedback;
}

Duration ReferenceTime::unwrap(uint32_t reference_time) {
  if (!newest_) newest_ = reference_time;
  // The 24-bit difference, sign-extended.
  const uint32_t difference = (reference_time - static_cast<uint32_t>(*newest_)) << 8;
  const int64_t unwrapped = *newest_ + (static_cast<int32_t>(difference) >> 8);
  newest_ = std::max(*newest_, unwrapped);
  return unwrapped * TransportCc::kReferenceUnit;
}

size_t TransportCcReport::fitting(std::span<const Time> arrivals, size_t room) {
  Deltas deltas(arrivals);
  size_t delta_bytes = 0;
  size_t count = 0;
  for (; count < std::min(arrivals.size(), kMaxStatuses); ++count) {
    size_t needed = delta_bytes;
    if (arrivals[count] != kNever) {
      const auto delta = deltas.next(arrivals[count]);
      if (!delta) break;
      needed += delta_size(*delta);
    }
    if (size_at_most(count + 1, needed) > room) break;
    delta_bytes = needed;
  }
  return delta_bytes > 0 ? count : 0;
}

void TransportCcReport::write(ByteWriter& out) const {
  CHECK(arrivals.size() <= kMaxStatuses);
  Encoded encoded;
  encode(arrivals, encoded);
  write_packet(out, kTransportFeedback, TransportCc::kFormat, [&] {
    out.u32(sender_ssrc);
    out.u32(media_ssrc);
    out.u16(base_sequence);
    out.u16(static_cast<uint16_t>(arrivals.size()));
    out.u24(encoded.reference_time);
    out.u8(feedback_count);
    write_chunks(std::span(encoded.statuses).first(arrivals.size()), out);
    for (size_t i = 0; i < arrivals.size(); ++i) write_delta(encoded.statuses[i], encoded.deltas[i], out);
  });
}

}  // namespace sfu::rtcp
