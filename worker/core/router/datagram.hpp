// One datagram as it came from a socket: where from, and its bytes in a pool slot that the core takes over.
#pragma once

#include "core/base/address.hpp"
#include "core/rtp/packet.hpp"

namespace sfu {

struct Datagram {
  Path path;
  rtp::PacketRef packet;  // size and arrival are set; the bytes are as received
};

}  // namespace sfu
