#include "core/rtp/rewriter.hpp"

#include <algorithm>

#include "core/base/sequence.hpp"

namespace sfu::rtp {

bool Rewriter::switch_to(uint32_t stream, int64_t sequence, uint32_t timestamp,
                         std::optional<uint32_t> same_moment, Time now) {
  if (const auto newest = numbers_.newest_source(stream); newest && sequence <= *newest) return false;
  uint32_t outgoing = newest_timestamp_;
  uint32_t shift = 0;
  if (forwarded_) {
    const int32_t passed = std::max(ticks(now - newest_at_), 1);
    int32_t ahead = passed;
    if (same_moment) {
      ahead = static_cast<int32_t>(*same_moment + timestamp_offset_ - shift_ - newest_timestamp_);
      const int64_t disagreement = int64_t{ahead} - passed;
      if (std::abs(disagreement) > ticks(kMaxDisagreement)) ahead = passed;
    }
    shift = static_cast<uint32_t>(std::max(1 - ahead, 0));
    if (shift > static_cast<uint32_t>(ticks(kMaxShift))) return false;
    outgoing += static_cast<uint32_t>(ahead) + shift;
  }
  shift_ = shift;
  timestamp_offset_ = outgoing - timestamp;
  numbers_.start(stream, sequence, timestamp_offset_);
  return true;
}

// Saturates: what is longer than 2^31 ticks is no matter of timestamps.
int32_t Rewriter::ticks(Duration span) const {
  const int64_t whole =
      span.count() / 1'000'000 * clock_rate_ + span.count() % 1'000'000 * clock_rate_ / 1'000'000;
  return static_cast<int32_t>(std::clamp<int64_t>(whole, INT32_MIN + 1, INT32_MAX));
}

std::optional<Rewriter::Outgoing> Rewriter::forward(int64_t sequence, uint32_t timestamp, Time now) {
  const auto number = numbers_.forward(sequence);
  if (!number) return std::nullopt;
  const uint32_t outgoing = timestamp + timestamp_offset_;
  if (!forwarded_ || is_newer(outgoing, newest_timestamp_)) {
    newest_timestamp_ = outgoing;
    newest_at_ = now;
    forwarded_ = true;
  }
  return Outgoing{static_cast<uint64_t>(*number) & kIndexMask, outgoing};
}

std::optional<Rewriter::Source> Rewriter::source_of(uint16_t outgoing) const {
  const int64_t newest = numbers_.newest();
  const int64_t number =
      newest + static_cast<int16_t>(static_cast<uint16_t>(outgoing - static_cast<uint16_t>(newest)));
  const auto source = numbers_.source_of(number);
  if (!source) return std::nullopt;
  return Source{source->stream, source->sequence, source->offset, static_cast<uint64_t>(number) & kIndexMask};
}

}  // namespace sfu::rtp
