// The TCP connections that were made to the worker's listeners. Anybody can make one: until the core knows
// its path (the client on it has proven, by an authenticated check, that a transport expects it) it is a
// *stranger*, and so it is again once no transport has it any more.
//
// A listener has at most kMost connections. When it has, a new one takes the place of the stranger that came
// first; refusing the new one instead would let 1,024 idle connections shut everybody out, while a client
// that is expected needs but one round trip to be no stranger. Clients with a transport are never put out: if
// there are no strangers, the new one is refused. A stranger that stays one for kPatience is put out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/time.hpp"
#include "net/tcp.hpp"

namespace sfu::host {

class Connections {
 public:
  static constexpr size_t kMost = 1024;
  static constexpr Duration kPatience = 30s;

  struct Connection {
    net::TcpConnection socket;
    std::optional<Time> stranger_since;
    bool watched_for_writing = false;
  };

  Connection& add(net::TcpConnection socket, Time now);
  // Closes it.
  void remove(uint32_t number);
  Connection* find(uint32_t number);
  bool empty() const { return connections_.empty(); }
  bool full(uint32_t listener) const;
  std::vector<uint32_t> all_of(uint32_t listener) const;

  // `knows` tells whether a path is a transport's. The stranger that has been with the listener for longest:
  template <class Knows>
  std::optional<uint32_t> oldest_stranger(uint32_t listener, Knows&& knows) {
    std::set<uint32_t>& strangers = listeners_[listener].strangers;
    while (!strangers.empty()) {
      Connection& oldest = *find(*strangers.begin());
      if (!knows(oldest.socket.path())) return *strangers.begin();
      introduce(oldest);
    }
    return std::nullopt;
  }
  // Those that have been strangers for too long. Notes who is one and who is none any more; call it often.
  template <class Knows>
  std::vector<uint32_t> overdue(Time now, Knows&& knows) {
    std::vector<uint32_t> numbers;
    for (auto& [number, connection] : connections_) {
      if (knows(connection.socket.path()))
        introduce(connection);
      else if (!connection.stranger_since)
        estrange(connection, now);
      else if (now - *connection.stranger_since >= kPatience)
        numbers.push_back(number);
    }
    return numbers;
  }

 private:
  struct OfListener {
    size_t count = 0;
    std::set<uint32_t> strangers;  // numbers rise, so that the first came first
  };
  void introduce(Connection& connection);
  void estrange(Connection& connection, Time now);

  std::map<uint32_t, Connection> connections_;
  std::map<uint32_t, OfListener> listeners_;
};

}  // namespace sfu::host
