#include "host/listeners.hpp"

namespace sfu::host {

Result<uint32_t> Listeners::listen(const channel::Listen& request, bool& opened) {
  opened = false;
  for (auto& [number, listener] : listeners_) {
    if (!(listener.request == request)) continue;
    ++listener.users;
    return number;
  }
  if (request.protocol != channel::Protocol::kUdp)
    return Error::unsupported("listenInfos.protocol: this worker listens on 'udp' only");
  const auto ip = Address::parse(request.ip, 0);
  if (!ip) return Error::type("listenInfos.ip '" + request.ip + "' is not an IPv4 or IPv6 address");
  auto socket = open(request, *ip);
  if (!socket) return socket.error();
  opened = true;
  listeners_.emplace(next_, Listener{request, std::move(*socket)});
  return next_++;
}

// The port that is asked for, else the first free one of the range, else any.
Result<net::UdpSocket> Listeners::open(const channel::Listen& request, const Address& ip) {
  const net::UdpSocket::Options options{
      .ipv6_only = request.ipv6_only,
      .reuse_port = request.reuse_port,
      .send_buffer = static_cast<int>(request.send_buffer_size & 0x7fffffff),
      .receive_buffer = static_cast<int>(request.receive_buffer_size & 0x7fffffff)};
  const uint32_t low = request.port != 0 ? request.port : request.min_port;
  const uint32_t high = request.port != 0 ? request.port : request.max_port;
  if (high > 65535 || low > high)
    return Error::type("listenInfos.portRange must lie within 0 and 65535, min <= max");
  Address local = ip;
  for (uint32_t port = low; port <= high; ++port) {
    local.port = static_cast<uint16_t>(port);
    auto socket = net::UdpSocket::open(local, options);
    if (socket || errno != EADDRINUSE) return socket;
  }
  const std::string field = request.port != 0
                                ? "listenInfos.port " + std::to_string(low)
                                : "listenInfos.portRange " + std::to_string(low) + "-" + std::to_string(high);
  return Error{Error::Code::kError, field + ": no free UDP port on " + ip.ip_text()};
}

Result<channel::Done> Listeners::unlisten(uint32_t socket) {
  const auto found = listeners_.find(socket);
  if (found == listeners_.end())
    return Error::not_found("socket " + std::to_string(socket) + " does not exist");
  if (--found->second.users == 0) listeners_.erase(found);
  return channel::Done{};
}

Listeners::Listener* Listeners::find(uint32_t socket) {
  const auto found = listeners_.find(socket);
  return found == listeners_.end() ? nullptr : &found->second;
}

}  // namespace sfu::host
