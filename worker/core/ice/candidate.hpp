// The candidates that a lite agent offers: host candidates only (RFC 8445, 2.5), over TCP passive ones
// (RFC 6544, 4.5).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.hpp"

namespace sfu::ice {

struct Candidate {
  std::string foundation;
  uint32_t priority = 0;
  std::string address;  // IPv4, IPv6 or a host name, as announced
  uint16_t port = 0;
  Protocol protocol = Protocol::kUdp;

  std::string_view type() const { return "host"; }
  std::string_view tcp_type() const { return protocol == Protocol::kTcp ? "passive" : ""; }
};

// Where we listen, as the peer is to be told.
struct Listening {
  Protocol protocol = Protocol::kUdp;
  std::string address;
  uint16_t port = 0;
};

struct Preference {
  bool udp = false;
  bool tcp = false;
};

// One candidate for each, in order: an earlier one has the higher priority, unless a preference for one
// protocol (and not for both) lifts all of that protocol above the others.
std::vector<Candidate> host_candidates(std::span<const Listening> listening, Preference prefer);

}  // namespace sfu::ice
