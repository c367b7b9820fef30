// What all transports of one worker share: memory, randomness, ciphers, and the tables by which input finds
// its object. Only Sfu makes one; routers and transports enter and remove themselves.
#pragma once

#include <optional>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/deadlines.hpp"
#include "core/base/flat_map.hpp"
#include "core/base/random.hpp"
#include "core/dtls/context.hpp"
#include "core/ice/ufrag_key.hpp"
#include "core/router/sharing.hpp"
#include "core/rtp/packet.hpp"
#include "core/srtp/sealer.hpp"

namespace sfu {

class Router;
class Transport;
class Producer;
class Consumer;
class DataProducer;
class DataConsumer;
class RtpObserver;

struct Shared {
  Shared(const Random::Seed& seed, srtp::Backend srtp_backend)
      : random(seed), backend(srtp_backend), sealer(srtp_backend) {}

  rtp::PacketPool packets;
  Random random;
  srtp::Backend backend;
  srtp::Sealer sealer;
  std::optional<dtls::Context> dtls;

  Deadlines deadlines;           // of transports
  Deadlines observer_deadlines;  // of RTP observers
  FlatMap<Path, Transport*, PathHash> paths;
  FlatMap<uint32_t, Transport*> sockets;  // those that belong to one transport alone
  FlatMap<ice::UfragKey, Transport*> ufrags;
  std::vector<Transport*> sending;  // those with jobs, in the order of their first
  Sharing sharing;                  // of whichever transport is at it

  // By the controller's handles.
  FlatMap<uint32_t, Router*> routers;
  FlatMap<uint32_t, Transport*> transports;
  FlatMap<uint32_t, Producer*> producers;
  FlatMap<uint32_t, Consumer*> consumers;  // a pipe's: its first leg
  FlatMap<uint32_t, DataProducer*> data_producers;
  FlatMap<uint32_t, DataConsumer*> data_consumers;
  FlatMap<uint32_t, RtpObserver*> rtp_observers;

  // Whose a datagram is that is not STUN; null: nobody's.
  Transport* transport_at(const Path& path) {
    if (Transport** by_path = paths.find(path)) return *by_path;
    Transport** by_socket = sockets.find(path.socket);
    return by_socket ? *by_socket : nullptr;
  }
};

}  // namespace sfu
