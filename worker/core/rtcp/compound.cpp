#include "core/rtcp/compound.hpp"

namespace sfu::rtcp {
namespace {

// Whether `packet` is of this kind; `message` is then what it says, or nothing when it is malformed.
template <class Kind>
bool read_as(const Packet& packet, std::optional<Message>& message) {
  if (!Kind::matches(packet)) return false;
  if (const auto parsed = Kind::parse(packet)) message.emplace(*parsed);
  return true;
}

template <class... Kinds>
bool read_as_any(const Packet& packet, std::optional<std::variant<Kinds...>>& message) {
  return (read_as<Kinds>(packet, message) || ...);
}

}  // namespace

std::optional<Message> Reader::next() {
  std::optional<Message> message;
  while (!rest_.empty() && !malformed_) {
    const auto packet = take_packet(rest_);
    if (packet && !read_as_any(*packet, message)) continue;
    malformed_ = !message;
    break;
  }
  return message;
}

}  // namespace sfu::rtcp
