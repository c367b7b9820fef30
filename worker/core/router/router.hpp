// A set of transports between which producers are consumed. It alone makes and breaks the references between
// producers and their consumers.
#pragma once

#include <memory>
#include <vector>

#include "core/router/shared.hpp"
#include "core/router/transport.hpp"

namespace sfu {

class Router {
 public:
  Router(uint32_t handle, Shared& shared);
  ~Router();

  uint32_t handle() const { return handle_; }
  const std::vector<std::unique_ptr<Transport>>& transports() const { return transports_; }

  Result<Transport*> create_transport(const channel::CreateWebRtcTransport& request);
  Result<Producer*> produce(const channel::Produce& request, Transport& transport, Turn& turn);
  Result<Consumer*> consume(const channel::Consume& request, Transport& transport, Producer& producer,
                            Turn& turn);

  // Closing a producer closes its consumers; closing a transport closes both kinds on it.
  void close(Consumer& consumer);
  void close(Producer& producer);
  void close(Transport& transport, Turn& turn);
  void close(Turn& turn);

 private:
  uint32_t handle_;
  Shared& shared_;
  std::vector<std::unique_ptr<Transport>> transports_;
};

}  // namespace sfu
