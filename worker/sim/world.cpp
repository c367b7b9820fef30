#include "sim/world.hpp"

#include <algorithm>

#include "sim/peer.hpp"

namespace sfu::sim {
namespace {

Random::Seed seed_bytes(uint64_t seed) {
  Random::Seed out{};
  store64(out.data(), seed);
  return out;
}

}  // namespace

World::World(uint64_t seed, srtp::Backend backend)
    : random(seed ^ 0x5eed), sfu_(std::make_unique<Sfu>(seed_bytes(seed), backend)) {}

World::~World() = default;

void World::enter(Peer& peer) { peers_.push_back(&peer); }
void World::leave(Peer& peer) { std::erase(peers_, &peer); }

Address World::new_address() { return Address::v4(192, 0, 2, 1, ++last_port_); }

channel::ListenAddress World::open_socket() {
  const auto number = static_cast<uint32_t>(sockets_.size()) + kSocket + 1;
  const Address address = Address::v4(198, 51, 100, 1, static_cast<uint16_t>(20'000 + number));
  sockets_[number] = address;
  return {.socket = number, .address = address.ip_text(), .port = address.port};
}

void World::send(const Address& from, Bytes datagram, Link& uplink, uint32_t socket) {
  if (const auto arrival = uplink.carry(now, datagram.size()))
    flying_.emplace(*arrival, Flying{from, socket, {datagram.begin(), datagram.end()}});
}

void World::flush(Turn& turn) {
  for (bool done = false; !done;) {
    on_work(true);
    done = sfu_->seal(turn);
    on_work(false);
    deliver_outbox();
  }
}

// Each datagram of a run goes its own way.
void World::deliver_outbox() {
  for (const Outbox::Run& run : outbox_.runs()) {
    const auto peer = std::ranges::find_if(peers_, [&](Peer* p) { return p->owns(run.path.remote); });
    const auto own =
        std::ranges::find(sockets_, run.path.remote, [](const auto& each) { return each.second; });
    for (Bytes rest = outbox_.bytes(run); !rest.empty();) {
      const Bytes datagram = *take(rest, std::min<size_t>(run.segment, rest.size()));
      if (own != sockets_.end())
        flying_.emplace(now,
                        Flying{sockets_[run.path.socket], own->first, {datagram.begin(), datagram.end()}});
      if (peer == peers_.end()) continue;
      if (const auto arrival = (*peer)->downlink.carry(now, datagram.size()))
        flying_.emplace(*arrival, Flying{run.path.remote, 0, {datagram.begin(), datagram.end()}});
    }
  }
  outbox_.clear();
}

void World::run_for(Duration span) {
  for (const Time end = now + span; now < end;) step(end);
}

// On to the next thing that happens, or to `end`.
void World::step(Time end) {
  Time next = std::min(end, sfu_->deadline());
  for (const Peer* peer : peers_) next = std::min(next, peer->deadline());
  if (!flying_.empty()) next = std::min(next, flying_.begin()->first);
  now = std::max(now, next);
  while (!flying_.empty() && flying_.begin()->first <= now) {
    const Flying datagram = std::move(flying_.extract(flying_.begin()).mapped());
    deliver(datagram);
  }
  for (Peer* peer : std::vector(peers_))
    if (peer->deadline() <= now) peer->wake();
  if (sfu_->deadline() > now) return;
  within_turn([&](Turn& turn) {
    sfu_->wake(turn);
    return true;
  });
}

void World::deliver(const Flying& datagram) {
  if (datagram.socket == 0) {
    const auto peer = std::ranges::find_if(peers_, [&](Peer* p) { return p->owns(datagram.peer); });
    if (peer != peers_.end()) (*peer)->receive(datagram.bytes);
    return;
  }
  within_turn([&](Turn& turn) {
    Datagram one{{datagram.socket, Protocol::kUdp, datagram.peer}, sfu_->packets().take()};
    one.packet->size = static_cast<uint16_t>(std::min(datagram.bytes.size(), rtp::Packet::kCapacity));
    one.packet->arrival = now;
    std::copy_n(datagram.bytes.begin(), one.packet->size, one.packet->bytes.begin());
    on_work(true);
    sfu_->receive(std::span(&one, 1), turn);
    on_work(false);
    return true;
  });
}

}  // namespace sfu::sim
