#include "core/rtp/rewriter.hpp"

#include <algorithm>

#include "core/base/sequence.hpp"

namespace sfu::rtp {

void Rewriter::switch_to(uint32_t stream, int64_t sequence, uint32_t timestamp, Time now) {
  if (!forwarded_) return start(stream, sequence, timestamp, newest_timestamp_);
  const int64_t ticks = (now - newest_at_).count() * clock_rate_ / 1'000'000;
  start(stream, sequence, timestamp, newest_timestamp_ + static_cast<uint32_t>(std::max<int64_t>(ticks, 1)));
}

void Rewriter::switch_to_aligned(uint32_t stream, int64_t sequence, uint32_t timestamp,
                                 uint32_t same_moment) {
  if (!forwarded_) return start(stream, sequence, timestamp, newest_timestamp_);
  const uint32_t aligned = same_moment + timestamp_offset_;
  start(stream, sequence, timestamp, is_newer(aligned, newest_timestamp_) ? aligned : newest_timestamp_ + 1);
}

void Rewriter::start(uint32_t stream, int64_t sequence, uint32_t timestamp, uint32_t outgoing_timestamp) {
  timestamp_offset_ = outgoing_timestamp - timestamp;
  numbers_.start(stream, sequence, timestamp_offset_);
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
