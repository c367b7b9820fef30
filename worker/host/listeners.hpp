// The worker's listening sockets. Equal requests share one, which counts its users; numbers are never used
// again, so that a late datagram cannot be taken for another socket's.
#pragma once

#include <map>

#include "core/channel/messages.gen.hpp"
#include "net/udp.hpp"

namespace sfu::host {

class Listeners {
 public:
  struct Listener {
    channel::Listen request;
    net::UdpSocket socket;
    size_t users = 1;
    bool watched_for_writing = false;
  };

  // The socket's number; `opened` tells whether it is new.
  Result<uint32_t> listen(const channel::Listen& request, bool& opened);
  Result<channel::Done> unlisten(uint32_t socket);
  Listener* find(uint32_t socket);

 private:
  Result<net::UdpSocket> open(const channel::Listen& request, const Address& ip);

  uint32_t next_ = 1;
  std::map<uint32_t, Listener> listeners_;
};

}  // namespace sfu::host
