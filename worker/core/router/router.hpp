// A set of transports between which producers are consumed. It alone makes and breaks the references between
// producers and what hangs on them: consumers, and the observers that hear them.
#pragma once

#include <memory>
#include <vector>

#include "core/router/rtp_observer.hpp"
#include "core/router/shared.hpp"
#include "core/router/transport.hpp"

namespace sfu {

class Router {
 public:
  Router(uint32_t handle, Shared& shared);
  ~Router();

  uint32_t handle() const { return handle_; }
  const std::vector<std::unique_ptr<Transport>>& transports() const { return transports_; }
  const std::vector<std::unique_ptr<RtpObserver>>& observers() const { return observers_; }

  Result<Transport*> create_transport(const channel::CreateWebRtcTransport& request);
  Result<Transport*> create_transport(const channel::CreatePlainTransport& request);
  Result<Transport*> create_transport(const channel::CreateDirectTransport& request);
  Result<Producer*> produce(const channel::Produce& request, Transport& transport, Turn& turn);
  Result<Consumer*> consume(const channel::Consume& request, Transport& transport, Producer& producer,
                            Turn& turn);
  Result<DataProducer*> produce_data(const channel::ProduceData& request, Transport& transport);
  Result<DataConsumer*> consume_data(const channel::ConsumeData& request, Transport& transport,
                                     DataProducer& producer);
  template <class Request>
  void create_observer(const Request& request) {
    observers_.push_back(std::make_unique<RtpObserver>(request, shared_.observer_deadlines));
    shared_.rtp_observers[request.observer] = observers_.back().get();
  }
  bool owns(const RtpObserver& observer) const;
  void observe(RtpObserver& observer, Producer& producer);
  void unobserve(RtpObserver& observer, Producer& producer);

  // Closing a producer closes its consumers; closing a transport closes all kinds on it.
  void close(Consumer& first_leg);
  void close(Producer& producer);
  void close(DataConsumer& consumer, Turn& turn);
  void close(DataProducer& producer, Turn& turn);
  void close(RtpObserver& observer);
  void close(Transport& transport, Turn& turn);
  void close(Turn& turn);

 private:
  template <class Request>
  Transport* add(const Request& request);

  uint32_t handle_;
  Shared& shared_;
  std::vector<std::unique_ptr<Transport>> transports_;
  std::vector<std::unique_ptr<RtpObserver>> observers_;
};

}  // namespace sfu
