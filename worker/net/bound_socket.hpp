// What opening a UDP socket and a TCP listener have in common.
#pragma once

#include "core/base/address.hpp"
#include "core/base/result.hpp"
#include "net/fd.hpp"

namespace sfu::net {

struct Binding {
  int type = 0;  // SOCK_DGRAM, SOCK_STREAM
  bool ipv6_only = false;
  bool reuse_port = false;
};

// A non-blocking socket, bound. When it fails, errno is what the system said.
Result<Fd> open_bound(const Address& local, const Binding& binding);
// Where it is bound, which tells the port when any was asked for.
Address bound_address(const Fd& fd);

void set_option(const Fd& fd, int level, int name, int value);
// "cannot <what> <local>: " and errno, which stays as it was.
Error socket_error(const char* what, const Address& local);

}  // namespace sfu::net
