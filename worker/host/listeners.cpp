#include "host/listeners.hpp"

#include <cerrno>

namespace sfu::host {
namespace {

int to_size(uint32_t bytes) { return static_cast<int>(bytes & 0x7fffffff); }

template <class Kind>
Result<Listeners::Socket> open_as(const channel::Listen& request, const Address& local) {
  auto socket = Kind::open(local, {.ipv6_only = request.ipv6_only,
                                   .reuse_port = request.reuse_port,
                                   .send_buffer = to_size(request.send_buffer_size),
                                   .receive_buffer = to_size(request.receive_buffer_size)});
  if (!socket) return socket.error();
  return Listeners::Socket(std::move(*socket));
}

Result<Listeners::Socket> open_at(const channel::Listen& request, const Address& local) {
  if (request.protocol == channel::Protocol::kTcp) return open_as<net::TcpListener>(request, local);
  return open_as<net::UdpSocket>(request, local);
}

Error none_free(const channel::Listen& request) {
  const std::string field = request.port != 0 ? "listenInfos.port " + std::to_string(request.port)
                                              : "listenInfos.portRange " + std::to_string(request.min_port) +
                                                    "-" + std::to_string(request.max_port);
  const char* protocol = request.protocol == channel::Protocol::kTcp ? "TCP" : "UDP";
  return {Error::Code::kError, field + ": no free " + protocol + " port on " + request.ip};
}

}  // namespace

int Listeners::Listener::fd() const {
  return std::visit([](const auto& any) { return any.fd(); }, socket);
}

const Address& Listeners::Listener::local() const {
  return std::visit([](const auto& any) -> const Address& { return any.local(); }, socket);
}

Result<uint32_t> Listeners::listen(const channel::Listen& request, uint32_t number) {
  if (!request.exclusive) {
    for (auto& [shared, listener] : listeners_) {
      if (!(listener.request == request)) continue;
      ++listener.users;
      return shared;
    }
  }
  const auto ip = Address::parse(request.ip, 0);
  if (!ip) return Error::type("listenInfos.ip '" + request.ip + "' is not an IPv4 or IPv6 address");
  auto socket = open(request, *ip);
  if (!socket) return socket.error();
  listeners_.emplace(number, Listener{request, std::move(*socket)});
  return number;
}

// The port that is asked for, else the next free one of the range, else any. The search goes on where the
// last one ended: were it to begin at the lowest port each time, the thousandth socket would try a thousand.
Result<Listeners::Socket> Listeners::open(const channel::Listen& request, const Address& ip) {
  const uint32_t low = request.port != 0 ? request.port : request.min_port;
  const uint32_t high = request.port != 0 ? request.port : request.max_port;
  if (high > 65535 || low > high)
    return Error::type("listenInfos.portRange must lie within 0 and 65535, min <= max");
  const uint32_t span = high - low + 1;
  const uint32_t start = span > 1 ? turn_ % span : 0;
  Address local = ip;
  for (uint32_t tried = 0; tried < span; ++tried) {
    if (span > 1) ++turn_;
    local.port = static_cast<uint16_t>(low + (start + tried) % span);
    auto socket = open_at(request, local);
    if (socket || errno != EADDRINUSE) return socket;
  }
  return none_free(request);
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
