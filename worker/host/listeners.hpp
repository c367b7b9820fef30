// The worker's listening sockets. Equal requests share one, which counts its users, unless they ask for one
// that is theirs alone.
#pragma once

#include <map>
#include <variant>

#include "core/channel/messages.gen.hpp"
#include "net/tcp.hpp"
#include "net/udp.hpp"

namespace sfu::host {

class Listeners {
 public:
  using Socket = std::variant<net::UdpSocket, net::TcpListener>;
  struct Listener {
    channel::Listen request;
    Socket socket;
    size_t users = 1;
    bool watched_for_writing = false;

    net::UdpSocket* udp() { return std::get_if<net::UdpSocket>(&socket); }
    net::TcpListener* tcp() { return std::get_if<net::TcpListener>(&socket); }
    int fd() const;
    const Address& local() const;
  };

  // Of ranges of ports, the search begins `start` ports after the first: workers that share a range, with
  // starts far apart, do not try each other's ports again and again.
  explicit Listeners(uint32_t start) : turn_(start) {}

  // The socket's number: `number` when it is new.
  Result<uint32_t> listen(const channel::Listen& request, uint32_t number);
  Result<channel::Done> unlisten(uint32_t socket);
  Listener* find(uint32_t socket);

 private:
  Result<Socket> open(const channel::Listen& request, const Address& ip);

  uint32_t turn_;
  std::map<uint32_t, Listener> listeners_;
};

}  // namespace sfu::host
