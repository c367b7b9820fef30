// From a received datagram to a Packet: the fixed header, CSRCs and padding (RFC 3550, 5.1) and the header
// extensions (RFC 8285, one- and two-byte form). A packet whose lengths lie is refused as a whole. A broken
// element among the extensions ends their reading and keeps those before it, as RFC 8285, 4.2 asks for
// elements that it reserves; of two elements with one id the first counts.
#pragma once

#include "core/rtp/extensions.hpp"

namespace sfu::rtp {

// Reads packet.data(). False: not RTP, and the packet's fields mean nothing.
bool parse(Packet& packet, const ExtensionTable& table);

}  // namespace sfu::rtp
