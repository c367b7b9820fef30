#include "core/router/data_message.hpp"

#include <algorithm>

namespace sfu {
namespace {

constexpr uint16_t kRequired = 1, kIgnored = 2;

void put(std::vector<uint8_t>& out, uint16_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

// Takes a u16 from the front; nullopt when there is none.
std::optional<uint16_t> take(Bytes& from) {
  if (from.size() < 2) return std::nullopt;
  const auto value = static_cast<uint16_t>(from[0] << 8 | from[1]);
  from = from.subspan(2);
  return value;
}

}  // namespace

std::vector<uint8_t> to_pipe(const DataMessage& message) {
  std::vector<uint8_t> out;
  const size_t count = std::min(message.subchannels.size(), DataMessage::kMaxSubchannels);
  out.reserve(8 + 2 * count + message.bytes.size());
  put(out, static_cast<uint16_t>((message.required_subchannel ? kRequired : 0) |
                                 (message.ignored_subchannel ? kIgnored : 0)));
  put(out, static_cast<uint16_t>(count));
  if (message.required_subchannel) put(out, *message.required_subchannel);
  if (message.ignored_subchannel) put(out, *message.ignored_subchannel);
  for (size_t i = 0; i < count; ++i) put(out, message.subchannels[i]);
  out.insert(out.end(), message.bytes.begin(), message.bytes.end());
  return out;
}

std::optional<DataMessage> from_pipe(uint32_t ppid, Bytes piped) {
  DataMessage message{.ppid = ppid};
  const auto flags = take(piped), count = take(piped);
  if (!flags || !count || *flags > (kRequired | kIgnored) || *count > DataMessage::kMaxSubchannels)
    return std::nullopt;
  if (*flags & kRequired && !(message.required_subchannel = take(piped))) return std::nullopt;
  if (*flags & kIgnored && !(message.ignored_subchannel = take(piped))) return std::nullopt;
  if (piped.size() < 2u * *count) return std::nullopt;
  for (size_t i = 0; i < *count; ++i) message.subchannels.push_back(*take(piped));
  if (piped.empty()) return std::nullopt;
  message.bytes = piped;
  return message;
}

}  // namespace sfu
