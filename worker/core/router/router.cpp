#include "core/router/router.hpp"

namespace sfu {

Router::Router(uint32_t handle, Shared& shared) : handle_(handle), shared_(shared) {
  shared_.routers[handle_] = this;
}

Router::~Router() { shared_.routers.erase(handle_); }

Result<Transport*> Router::create_transport(const channel::CreateWebRtcTransport& request) {
  if (request.addresses.empty()) return Error::type("listenInfos must have at least one address");
  transports_.push_back(std::make_unique<Transport>(request, *this, shared_));
  return transports_.back().get();
}

Result<Producer*> Router::produce(const channel::Produce& request, Transport& transport, Turn& turn) {
  Result<std::unique_ptr<Producer>> producer = Producer::make(request, transport);
  if (!producer) return producer.error();
  Result<Producer*> added = transport.add(std::move(*producer));
  if (added) shared_.producers[(*added)->handle()] = *added;
  transport.update_deadline(turn.now);
  return added;
}

Result<Consumer*> Router::consume(const channel::Consume& request, Transport& transport, Producer& producer,
                                  Turn& turn) {
  Result<std::unique_ptr<Consumer>> consumer = Consumer::make(request, transport, producer, shared_.random);
  if (!consumer) return consumer.error();
  Result<Consumer*> added = transport.add(std::move(*consumer));
  if (!added) return added;
  producer.consumers.push_back(*added);
  shared_.consumers[(*added)->handle()] = *added;
  if (transport.ready()) (*added)->on_transport_changed(turn);
  return added;
}

void Router::close(Consumer& consumer) {
  std::erase(consumer.producer().consumers, &consumer);
  shared_.consumers.erase(consumer.handle());
  consumer.transport().remove(consumer);
}

void Router::close(Producer& producer) {
  while (!producer.consumers.empty()) close(*producer.consumers.back());
  shared_.producers.erase(producer.handle());
  producer.transport().remove(producer);
}

void Router::close(Transport& transport, Turn& turn) {
  while (!transport.consumers().empty()) close(*transport.consumers().back());
  while (!transport.producers().empty()) close(*transport.producers().back());
  transport.close(turn);
  std::erase_if(transports_, [&](const auto& owned) { return owned.get() == &transport; });
}

void Router::close(Turn& turn) {
  while (!transports_.empty()) close(*transports_.back(), turn);
}

}  // namespace sfu
