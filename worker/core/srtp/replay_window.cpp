#include "core/srtp/replay_window.hpp"

namespace sfu::srtp {

void ReplayWindow::add(uint64_t index) {
  if (index > newest_) move_to(index);
  received_[place(index)] |= bit(index);
}

void ReplayWindow::move_to(uint64_t index) {
  if (index - newest_ >= kSize) {
    received_ = {};
  } else {
    for (uint64_t i = newest_ + 1; i <= index; ++i) received_[place(i)] &= ~bit(i);
  }
  newest_ = index;
}

uint64_t ReplayWindow::estimate(uint16_t sequence) const {
  const uint64_t cycle = newest_ & ~uint64_t{0xffff};
  const auto newest = static_cast<uint16_t>(newest_);
  if (newest < 0x8000) {
    // There is nothing before the first cycle.
    const bool in_last_cycle = sequence - newest > 0x8000 && cycle > 0;
    return (in_last_cycle ? cycle - 0x10000 : cycle) + sequence;
  }
  const bool in_next_cycle = newest - 0x8000 > sequence;
  return (in_next_cycle ? cycle + 0x10000 : cycle) + sequence;
}

}  // namespace sfu::srtp
