#include "host/connections.hpp"

#include <utility>

namespace sfu::host {

Connections::Connection& Connections::add(net::TcpConnection socket, Time now) {
  const Path path = socket.path();
  const auto [added, is_new] = connections_.emplace(path.socket, Connection{std::move(socket), {}, false});
  CHECK(is_new);
  ++listeners_[path.listener].count;
  estrange(added->second, now);
  return added->second;
}

void Connections::remove(uint32_t number) {
  const auto found = connections_.find(number);
  if (found == connections_.end()) return;
  const auto of = listeners_.find(found->second.socket.path().listener);
  of->second.strangers.erase(number);
  if (--of->second.count == 0) listeners_.erase(of);
  connections_.erase(found);
}

Connections::Connection* Connections::find(uint32_t number) {
  const auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : &found->second;
}

bool Connections::full(uint32_t listener) const {
  const auto of = listeners_.find(listener);
  return of != listeners_.end() && of->second.count >= kMost;
}

std::vector<uint32_t> Connections::all_of(uint32_t listener) const {
  std::vector<uint32_t> numbers;
  for (const auto& [number, connection] : connections_)
    if (connection.socket.path().listener == listener) numbers.push_back(number);
  return numbers;
}

void Connections::introduce(Connection& connection) {
  connection.stranger_since.reset();
  const Path& path = connection.socket.path();
  listeners_[path.listener].strangers.erase(path.socket);
}

void Connections::estrange(Connection& connection, Time now) {
  connection.stranger_since = now;
  const Path& path = connection.socket.path();
  listeners_[path.listener].strangers.insert(path.socket);
}

}  // namespace sfu::host
