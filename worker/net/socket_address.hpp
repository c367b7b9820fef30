// Between the core's Address and the socket API's.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/base/address.hpp"

namespace sfu::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// `family` is the socket's: an IPv4 address goes through an IPv6 socket in its mapped form.
SocketAddress to_socket_address(const Address& address, int family);
Address to_address(const sockaddr_storage& storage);

}  // namespace sfu::net
