#include "core/router/stream_switch.hpp"

#include <bit>

namespace sfu {
namespace {

uint32_t bit(uint8_t stream) { return 1u << stream; }

// The highest not above `desired`, else the lowest above it.
std::optional<uint8_t> nearest(uint8_t desired, uint32_t streams) {
  const uint32_t below = streams & (bit(desired) | (bit(desired) - 1));
  if (below != 0) return static_cast<uint8_t>(std::bit_width(below) - 1);
  if (streams != 0) return static_cast<uint8_t>(std::countr_zero(streams));
  return std::nullopt;
}

}  // namespace

uint8_t StreamSwitch::choose(uint8_t desired, uint32_t alive, std::optional<uint8_t> current, Time now) {
  refused_ &= alive;  // one that comes back is another try
  if (now - refused_at_ >= kRetry) refused_ = 0;
  const bool waits = target_ && target_ != current && (alive & bit(*target_));
  if (waits && now - since_ >= kPatience) {
    refused_ |= bit(*target_);
    refused_at_ = now;
  }
  if (current && (alive & bit(*current))) refused_ &= ~bit(*current);
  if ((alive & ~refused_) == 0) refused_ = 0;  // better the same again than nothing
  const uint8_t choice = nearest(desired, alive & ~refused_).value_or(desired);
  if (choice != target_ || (waits && now - since_ >= kPatience)) since_ = now;
  target_ = choice;
  return choice;
}

}  // namespace sfu
