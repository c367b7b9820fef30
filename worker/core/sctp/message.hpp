// What travels on the streams of an association.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sfu::sctp {

// A whole message that came.
struct Message {
  uint16_t stream = 0;
  uint32_t ppid = 0;
  std::vector<uint8_t> bytes{};
};

// RFC 8831, 6.6 and RFC 3758, 4: at most one of the limits, and only when not ordered.
struct Reliability {
  bool ordered = true;
  std::optional<uint32_t> max_packet_life_time = std::nullopt;  // milliseconds
  std::optional<uint32_t> max_retransmits = std::nullopt;
};

}  // namespace sfu::sctp
