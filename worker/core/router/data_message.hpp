// One message of a data producer, and how a pipe carries it on: SCTP has no place for subchannels, so there
// they stand before the message.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |   flags: 1 required, 2 ignored  |   how many subchannels      |
//   |  required (if flagged)          |  ignored (if flagged)  | each subchannel, u16 | message …
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.hpp"

namespace sfu {

struct DataMessage {
  static constexpr size_t kMaxSubchannels = 1024;
  // The longest that a pipe puts before a message.
  static constexpr size_t kMaxPipeHeader = 8 + 2 * kMaxSubchannels;

  uint32_t ppid = 0;  // RFC 8831, 8
  Bytes bytes{};
  // With some: for consumers that have one of them.
  std::vector<uint16_t> subchannels{};
  std::optional<uint16_t> required_subchannel{};  // only for consumers that have it
  std::optional<uint16_t> ignored_subchannel{};   // not for consumers that have it
};

std::vector<uint8_t> to_pipe(const DataMessage& message);
// Its bytes lie within `piped`. nullopt: the header is cut short, or lies.
std::optional<DataMessage> from_pipe(uint32_t ppid, Bytes piped);

}  // namespace sfu
