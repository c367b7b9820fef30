#include "core/router/router.hpp"

#include <algorithm>

namespace sfu {

Router::Router(uint32_t handle, Shared& shared) : handle_(handle), shared_(shared) {
  shared_.routers[handle_] = this;
}

Router::~Router() { shared_.routers.erase(handle_); }

// ---- transports

template <class Request>
Transport* Router::add(const Request& request) {
  transports_.push_back(std::make_unique<Transport>(request, *this, shared_));
  return transports_.back().get();
}

Result<Transport*> Router::create_transport(const channel::CreateWebRtcTransport& request) {
  if (request.addresses.empty()) return Error::type("listenInfos must have at least one address");
  return add(request);
}

Result<Transport*> Router::create_transport(const channel::CreatePlainTransport& request) {
  if (!request.address) return Error::type("listenInfo is missing");
  for (const auto& address : {request.address, request.rtcp_address})
    if (address && shared_.sockets.contains(address->socket))
      return Error::type("listenInfo: the socket belongs to another transport");
  return add(request);
}

Result<Transport*> Router::create_transport(const channel::CreateDirectTransport& request) {
  return add(request);
}

// ---- media

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
  auto legs = Consumer::make(request, transport, producer, shared_.random);
  if (!legs) return legs.error();
  Result<Consumer*> first = transport.add(std::move(*legs));
  if (!first) return first;
  shared_.consumers[(*first)->handle()] = *first;
  for (Consumer* leg = *first; leg; leg = leg->next_leg()) {
    producer.consumers.push_back(leg);
    if (transport.ready()) leg->on_transport_changed(turn);
  }
  return first;
}

void Router::close(Consumer& first_leg) {
  shared_.consumers.erase(first_leg.handle());
  for (Consumer* leg = &first_leg; leg;) {
    Consumer* next = leg->next_leg();
    std::erase(leg->producer().consumers, leg);
    leg->transport().remove(*leg);
    leg = next;
  }
}

void Router::close(Producer& producer) {
  while (!producer.consumers.empty()) close(**shared_.consumers.find(producer.consumers.back()->handle()));
  while (!producer.observers.empty()) unobserve(*producer.observers.back(), producer);
  shared_.producers.erase(producer.handle());
  producer.transport().remove(producer);
}

// ---- data

Result<DataProducer*> Router::produce_data(const channel::ProduceData& request, Transport& transport) {
  Result<DataProducer*> added = transport.data().add(std::make_unique<DataProducer>(request, transport));
  if (added) shared_.data_producers[(*added)->handle()] = *added;
  return added;
}

Result<DataConsumer*> Router::consume_data(const channel::ConsumeData& request, Transport& transport,
                                           DataProducer& producer) {
  Result<DataConsumer*> added =
      transport.data().add(std::make_unique<DataConsumer>(request, transport, producer));
  if (!added) return added;
  producer.consumers.push_back(*added);
  shared_.data_consumers[(*added)->handle()] = *added;
  return added;
}

void Router::close(DataConsumer& consumer, Turn& turn) {
  std::erase(consumer.producer().consumers, &consumer);
  shared_.data_consumers.erase(consumer.handle());
  consumer.transport().data().remove(consumer, turn);
}

void Router::close(DataProducer& producer, Turn& turn) {
  while (!producer.consumers.empty()) close(*producer.consumers.back(), turn);
  shared_.data_producers.erase(producer.handle());
  producer.transport().data().remove(producer);
}

// ---- observers

bool Router::owns(const RtpObserver& observer) const {
  return std::ranges::any_of(observers_, [&](const auto& owned) { return owned.get() == &observer; });
}

void Router::observe(RtpObserver& observer, Producer& producer) {
  if (observer.hears(producer.handle())) return;
  observer.add(producer.handle());
  producer.observers.push_back(&observer);
}

void Router::unobserve(RtpObserver& observer, Producer& producer) {
  observer.remove(producer.handle());
  std::erase(producer.observers, &observer);
}

void Router::close(RtpObserver& observer) {
  for (const auto& transport : transports_)
    for (const auto& producer : transport->producers()) std::erase(producer->observers, &observer);
  shared_.rtp_observers.erase(observer.handle());
  std::erase_if(observers_, [&](const auto& owned) { return owned.get() == &observer; });
}

// ---- all of it

void Router::close(Transport& transport, Turn& turn) {
  while (!transport.consumers().empty())
    close(**shared_.consumers.find(transport.consumers().back()->handle()));
  while (!transport.producers().empty()) close(*transport.producers().back());
  while (!transport.data().consumers().empty()) close(*transport.data().consumers().back(), turn);
  while (!transport.data().producers().empty()) close(*transport.data().producers().back(), turn);
  transport.close(turn);
  std::erase_if(transports_, [&](const auto& owned) { return owned.get() == &transport; });
}

void Router::close(Turn& turn) {
  while (!observers_.empty()) close(*observers_.back());
  while (!transports_.empty()) close(*transports_.back(), turn);
}

}  // namespace sfu
