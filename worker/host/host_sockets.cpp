// The host's sockets: what is read goes to the core, what the core leaves in the outbox goes out.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "host/host.hpp"

namespace sfu::host {

void Host::on_ready(uint32_t number, uint32_t events, Turn& turn) {
  const bool readable = (events & ~static_cast<uint32_t>(EPOLLOUT)) != 0;
  const bool writable = (events & EPOLLOUT) != 0;
  if (Listeners::Listener* listener = listeners_.find(number)) {
    if (net::TcpListener* tcp = listener->tcp()) return accept(number, *tcp, turn);
    net::UdpSocket& socket = *listener->udp();
    if (writable) {
      socket.send_backlog();
      watch_backlog(number, *listener, socket);
    }
    if (readable) read_socket(number, socket, turn);
  } else if (Connections::Connection* connection = connections_.find(number)) {
    if (writable) {
      connection->socket.send_backlog();
      watch_backlog(number, *connection, connection->socket);
    }
    if (readable) read_connection(connection->socket, turn);
    if (!connection->socket.open()) broken_tcp_.push_back(number);
  }
}

void Host::read_socket(uint32_t number, net::UdpSocket& socket, Turn& turn) {
  while (batch_.size() < kMaxBatch && socket.receive(number, slots_, turn.now, batch_)) continue;
  sfu_.receive(batch_, turn);
  batch_.clear();
  flush(turn);
}

// One read, so that a connection on which much comes does not hold up the others.
void Host::read_connection(net::TcpConnection& connection, Turn& turn) {
  std::array<uint8_t, 65536> room;
  for (Bytes stream = connection.read(room); !stream.empty();) {
    connection.unframe(stream, sfu_.packets(), turn.now, batch_);
    sfu_.receive(batch_, turn);
    batch_.clear();
    flush(turn);
  }
}

// ---- sending

// Seals and sends all that a call to the core left behind.
void Host::flush(Turn& turn) {
  while (!sfu_.seal(turn)) send(turn.outbox);
  send(turn.outbox);
}

void Host::send(Outbox& outbox) {
  const std::vector<Outbox::Run>& runs = outbox.runs();
  for (size_t begin = 0, end = 0; begin < runs.size(); begin = end) {
    const uint32_t number = runs[begin].path.socket;
    while (end < runs.size() && runs[end].path.socket == number) ++end;
    const auto own = std::span(runs).subspan(begin, end - begin);
    if (runs[begin].path.protocol == Protocol::kTcp) {
      Connections::Connection* connection = connections_.find(number);
      if (!connection) continue;
      connection->socket.send(outbox, own);
      watch_backlog(number, *connection, connection->socket);
      if (!connection->socket.open()) broken_tcp_.push_back(number);
    } else if (Listeners::Listener* listener = listeners_.find(number); listener && listener->udp()) {
      listener->udp()->send(outbox, own);
      watch_backlog(number, *listener, *listener->udp());
    }
  }
  outbox.clear();
}

// Watches for room while something waits for it.
template <class Watched, class Socket>
void Host::watch_backlog(uint32_t number, Watched& watched, Socket& socket) {
  const bool waiting = socket.has_backlog();
  if (waiting == watched.watched_for_writing) return;
  watched.watched_for_writing = waiting;
  watch(number, socket.fd(), EPOLLIN | (waiting ? static_cast<uint32_t>(EPOLLOUT) : 0u));
}

// False when the system has no memory for one more.
bool Host::watch_new(uint32_t number, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
  return epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Host::watch(uint32_t number, int fd, uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = number}};
  epoll_ctl(poll_.get(), EPOLL_CTL_MOD, fd, &event);
}

// ---- TCP connections: they come, are watched over, and go

void Host::accept(uint32_t number, net::TcpListener& listener, Turn& turn) {
  for (size_t i = 0; i < kAcceptBatch; ++i) {
    auto socket = listener.accept(number, new_number());
    if (!socket && !listener.exhausted()) return;
    const bool room = (socket && !connections_.full(number)) || put_out_a_stranger(number, turn);
    if (!socket && !room) return rest(number, listener, turn.now);
    if (!socket || !room) continue;
    if (!watch_new(socket->path().socket, socket->fd())) continue;
    connections_.add(std::move(*socket), turn.now);
    tend_at_ = std::min(tend_at_, turn.now + kTendInterval);
  }
}

// The listener stays readable, and there is no descriptor to accept with: look away for a while.
void Host::rest(uint32_t number, const net::TcpListener& listener, Time now) {
  watch(number, listener.fd(), 0);
  resting_.push_back(number);
  tend_at_ = std::min(tend_at_, now + kTendInterval);
}

// False when all of the listener's connections are somebody's.
bool Host::put_out_a_stranger(uint32_t listener, Turn& turn) {
  const auto stranger =
      connections_.oldest_stranger(listener, [this](const Path& path) { return sfu_.knows(path); });
  if (stranger) end(*stranger, turn);
  return stranger.has_value();
}

void Host::tend_connections(Turn& turn) {
  const auto knows = [this](const Path& path) { return sfu_.knows(path); };
  for (const uint32_t number : connections_.overdue(turn.now, knows)) end(number, turn);
  for (const uint32_t number : std::exchange(resting_, {}))
    if (Listeners::Listener* listener = listeners_.find(number)) watch(number, listener->fd(), EPOLLIN);
  tend_at_ = connections_.empty() ? kNever : turn.now + kTendInterval;
}

// To end one may send on another, which may break that too.
void Host::end_broken(Turn& turn) {
  while (!broken_tcp_.empty()) {
    const uint32_t number = broken_tcp_.back();
    broken_tcp_.pop_back();
    end(number, turn);
    flush(turn);
  }
}

void Host::end(uint32_t connection, Turn& turn) {
  const Connections::Connection* ended = connections_.find(connection);
  if (!ended) return;
  const Path path = ended->socket.path();
  connections_.remove(connection);
  sfu_.disconnected(path, turn);
}

// Never used again as long as anybody could mean the one before: they begin anew after four billion.
uint32_t Host::new_number() {
  do ++last_number_;
  while (last_number_ == 0 || listeners_.find(last_number_) || connections_.find(last_number_));
  return last_number_;
}

}  // namespace sfu::host
