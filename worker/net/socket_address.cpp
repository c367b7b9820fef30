#include "net/socket_address.hpp"

#include <cstring>

namespace sfu::net {

SocketAddress to_socket_address(const Address& address, int family) {
  SocketAddress out;
  if (family == AF_INET6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    std::memcpy(&v6->sin6_addr, address.ip.data(), 16);
    out.size = sizeof(sockaddr_in6);
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    std::memcpy(&v4->sin_addr, address.ip.data() + 12, 4);
    out.size = sizeof(sockaddr_in);
  }
  return out;
}

Address to_address(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    uint8_t ip[4];
    std::memcpy(ip, &v4->sin_addr, 4);
    return Address::v4(ip[0], ip[1], ip[2], ip[3], ntohs(v4->sin_port));
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  Address address;
  std::memcpy(address.ip.data(), &v6->sin6_addr, 16);
  address.port = ntohs(v6->sin6_port);
  address.v6 = !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
  return address;
}

}  // namespace sfu::net
