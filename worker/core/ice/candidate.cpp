#include "core/ice/candidate.hpp"

#include <algorithm>

namespace sfu::ice {
namespace {

// RFC 8445, 5.1.2.1, with the type preference of host candidates and component 1.
uint32_t host_priority(uint32_t local_preference) { return 126u << 24 | local_preference << 8 | (256 - 1); }

bool less_preferred(Protocol protocol, Preference prefer) {
  if (prefer.udp == prefer.tcp) return false;
  return prefer.udp ? protocol == Protocol::kTcp : protocol == Protocol::kUdp;
}

// Equal for candidates of one protocol and address (RFC 8445, 5.1.1.3).
std::string foundation(std::span<const Listening> listening, const Listening& of) {
  const auto first = std::ranges::find_if(listening, [&](const Listening& other) {
    return other.protocol == of.protocol && other.address == of.address;
  });
  return (of.protocol == Protocol::kUdp ? "udp" : "tcp") + std::to_string(first - listening.begin() + 1);
}

}  // namespace

std::vector<Candidate> host_candidates(std::span<const Listening> listening, Preference prefer) {
  std::vector<Candidate> candidates;
  uint32_t local_preference = 0xffff;
  for (const Listening& at : listening) {
    const uint32_t lowered = less_preferred(at.protocol, prefer) ? 0x8000 : 0;
    candidates.push_back({.foundation = foundation(listening, at),
                          .priority = host_priority(local_preference - lowered),
                          .address = at.address,
                          .port = at.port,
                          .protocol = at.protocol});
    --local_preference;
  }
  return candidates;
}

}  // namespace sfu::ice
