// One client of the worker on a socket of its own: ICE and DTLS in earnest, until it has SRTP keys.
#pragma once

#include <memory>

#include "bench/loopback.hpp"
#include "bench/worker_loop.hpp"
#include "core/dtls/session.hpp"
#include "core/ice/client.hpp"

namespace sfu::bench {

class Client {
 public:
  // Connected when made. `context` decides which SRTP profile it will be.
  Client(WorkerLoop& worker, const LoopbackSocket& socket, const dtls::Context& context);

  uint32_t transport() const { return transport_; }
  const dtls::SrtpKeys& keys() const { return *dtls_.keys(); }

  // A video producer; its handle.
  uint32_t produce();
  // The SSRC under which it comes. Who announces feedback must give it, or what it gets is held back.
  enum class Feedback : uint8_t { kNone, kTransportWide };
  uint32_t consume(uint32_t producer, Feedback feedback = Feedback::kNone);

 private:
  void signal();
  void connect();
  void receive(Bytes datagram, Time now);
  void send_dtls();

  WorkerLoop& worker_;
  const LoopbackSocket& socket_;
  const dtls::Context& context_;
  uint32_t transport_;
  Random random_;
  std::unique_ptr<ice::Client> ice_;
  dtls::Session dtls_;
};

}  // namespace sfu::bench
