#include "net/bound_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "net/socket_address.hpp"

namespace sfu::net {

Result<Fd> open_bound(const Address& local, const Binding& binding) {
  const int family = local.v6 ? AF_INET6 : AF_INET;
  const bool tcp = binding.type == SOCK_STREAM;
  Fd fd(::socket(family, binding.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return socket_error(tcp ? "open a TCP socket for" : "open a UDP socket for", local);
  if (family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, binding.ipv6_only ? 1 : 0);
  if (binding.reuse_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  // Connections of an earlier worker that linger (TIME_WAIT) must not hold the port; a listener still does.
  if (tcp) set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  SocketAddress address = to_socket_address(local, family);
  if (::bind(fd.get(), address.get(), address.size) != 0)
    return socket_error(tcp ? "bind TCP" : "bind UDP", local);
  return fd;
}

Address bound_address(const Fd& fd) {
  SocketAddress bound;
  ::getsockname(fd.get(), bound.get(), &bound.size);
  return to_address(bound.storage);
}

void set_option(const Fd& fd, int level, int name, int value) {
  (void)setsockopt(fd.get(), level, name, &value, sizeof value);
}

Error socket_error(const char* what, const Address& local) {
  const int why = errno;
  Error error{Error::Code::kError,
              std::string("cannot ") + what + " " + local.text() + ": " + std::strerror(why)};
  errno = why;
  return error;
}

}  // namespace sfu::net
