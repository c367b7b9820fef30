#include "bench/worker_loop.hpp"

#include <algorithm>

#include "core/srtp/backend.hpp"
#include "host/host.hpp"

namespace sfu::bench {
namespace {

constexpr size_t kMaxBatch = 256;  // as the host's

net::UdpSocket open_socket() {
  auto socket = net::UdpSocket::open(Address::v4(127, 0, 0, 1, 0), {});
  CHECK(static_cast<bool>(socket));
  return std::move(*socket);
}

}  // namespace

WorkerLoop::WorkerLoop()
    : sfu_(Random::Seed{}, srtp::best_backend()), socket_(open_socket()), router_(new_handle()) {
  poll_.watch(socket_.fd(), kSocket);
  ask(channel::CreateRouter{router_});
}

Turn WorkerLoop::begin() { return {host::now(), outbox_, events_, drops_}; }

void WorkerLoop::wait(Duration longest) {
  turn(std::clamp<Duration>(sfu_.deadline() - host::now(), 0ms, longest));
}

void WorkerLoop::turn(Duration longest) {
  bool readable = false;
  // Rounded up, so that a deadline has come.
  const auto sleep = std::chrono::ceil<std::chrono::milliseconds>(longest);
  poll_.each_ready(static_cast<int>(sleep.count()), [&](size_t) { readable = true; });
  Turn turn = begin();
  if (readable || sfu_.deadline() <= turn.now) ++turns_;
  if (readable) {
    while (batch_.size() < kMaxBatch && socket_.receive(kSocket, slots_, turn.now, batch_)) continue;
    sfu_.receive(batch_, turn);
    batch_.clear();
    flush(turn);
  }
  if (sfu_.deadline() <= turn.now) {
    sfu_.wake(turn);
    flush(turn);
  }
  if (socket_.has_backlog()) socket_.send_backlog();
  events_.clear();
}

void WorkerLoop::flush(Turn& turn) {
  note_allowances(turn.now);
  while (!sfu_.seal(turn)) send(turn.outbox);
  send(turn.outbox);
  note_allowances(turn.now);  // a probe may have ended
}

void WorkerLoop::note_allowances(Time now) {
  for (Watched& watched : watched_)
    watched.allowances.push_back({now, sfu_.transport(watched.transport)->slot_bytes()});
}

const std::vector<WorkerLoop::Allowance>& WorkerLoop::allowances(uint32_t transport) const {
  const auto found = std::ranges::find(watched_, transport, &Watched::transport);
  CHECK(found != watched_.end());
  return found->allowances;
}

void WorkerLoop::send(Outbox& outbox) {
  if (!outbox.empty()) socket_.send(outbox, outbox.runs());
  outbox.clear();
}

}  // namespace sfu::bench
