// The controller's requests, one handler each: find the objects, do it, say what came of it.
#include "core/router/dump.hpp"
#include "core/sfu.hpp"

namespace sfu {
namespace {

using namespace channel;

template <class T>
Result<T*> find(FlatMap<uint32_t, T*>& table, uint32_t handle, const char* what) {
  if (T** found = table.find(handle)) return *found;
  return Error::not_found(std::string(what) + " " + std::to_string(handle) + " does not exist");
}

Error taken(const char* what, uint32_t handle) {
  return Error::type(std::string(what) + " handle " + std::to_string(handle) + " is 0 or in use");
}

}  // namespace

// ---- worker

Result<Done> Sfu::handle(const UseCertificate& request, Turn&) {
  if (!shared_.transports.empty())
    return Error::type("the certificate must be set before any transport is created");
  Result<dtls::Certificate> certificate =
      dtls::Certificate::from_pem(request.certificate, request.private_key);
  if (!certificate) return certificate.error();
  shared_.dtls.emplace(std::move(*certificate));
  return Done{};
}

Result<WorkerDump> Sfu::handle(const DumpWorker&, Turn& turn) { return dump(shared_, turn.drops); }

// ---- router

Result<Done> Sfu::handle(const CreateRouter& request, Turn&) {
  if (request.router == 0 || shared_.routers.contains(request.router)) return taken("router", request.router);
  routers_.push_back(std::make_unique<Router>(request.router, shared_));
  return Done{};
}

Result<Done> Sfu::handle(const CloseRouter& request, Turn& turn) {
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  (*router)->close(turn);
  std::erase_if(routers_, [&](const auto& owned) { return owned.get() == *router; });
  return Done{};
}

Result<RouterDump> Sfu::handle(const DumpRouter& request, Turn&) {
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  return dump(**router);
}

// ---- transport

Result<WebRtcTransportCreated> Sfu::handle(const CreateWebRtcTransport& request, Turn&) {
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  if (request.transport == 0 || shared_.transports.contains(request.transport))
    return taken("transport", request.transport);
  auto transport = (*router)->create_transport(request);
  if (!transport) return transport.error();
  return describe(**transport, request, shared_.dtls->certificate());
}

Result<WebRtcTransportConnected> Sfu::handle(const ConnectWebRtcTransport& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  auto role = (*transport)->connect(request, turn);
  if (!role) return role.error();
  return WebRtcTransportConnected{*role};
}

Result<IceParameters> Sfu::handle(const RestartIce& request, Turn&) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  const ice::Parameters parameters = (*transport)->restart_ice();
  return IceParameters{parameters.ufrag, parameters.password, true};
}

Result<Done> Sfu::handle(const SetMaxIncomingBitrate& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  (*transport)->set_max_incoming_bitrate(request.bitrate, turn);
  return Done{};
}

Result<Done> Sfu::handle(const CloseTransport& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  (*transport)->router().close(**transport, turn);
  return Done{};
}

Result<TransportDump> Sfu::handle(const DumpTransport& request, Turn&) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  return dump(**transport);
}

Result<TransportStats> Sfu::handle(const GetTransportStats& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  return stats(**transport, turn.now);
}

// ---- producer

Result<Done> Sfu::handle(const Produce& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  if (request.producer == 0 || shared_.producers.contains(request.producer))
    return taken("producer", request.producer);
  auto producer = (*transport)->router().produce(request, **transport, turn);
  if (!producer) return producer.error();
  return Done{};
}

Result<Done> Sfu::handle(const PauseProducer& request, Turn& turn) {
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  (*producer)->pause(turn);
  return Done{};
}

Result<Done> Sfu::handle(const ResumeProducer& request, Turn& turn) {
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  (*producer)->resume(turn);
  return Done{};
}

Result<Done> Sfu::handle(const CloseProducer& request, Turn&) {
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  (*producer)->transport().router().close(**producer);
  return Done{};
}

Result<ProducerDump> Sfu::handle(const DumpProducer& request, Turn&) {
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  return dump(**producer);
}

Result<StreamStatsList> Sfu::handle(const GetProducerStats& request, Turn& turn) {
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  return stats(**producer, turn.now);
}

// ---- consumer

Result<Consumed> Sfu::handle(const Consume& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  if (request.consumer == 0 || shared_.consumers.contains(request.consumer))
    return taken("consumer", request.consumer);
  if (&(*producer)->transport().router() != &(*transport)->router())
    return Error::not_found("the producer is in another router");
  auto consumer = (*transport)->router().consume(request, **transport, **producer, turn);
  if (!consumer) return consumer.error();
  return Consumed{(*consumer)->paused(), (*producer)->paused(), (*consumer)->score(),
                  (*consumer)->preferred_layers()};
}

Result<Done> Sfu::handle(const PauseConsumer& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  (*consumer)->pause(turn);
  return Done{};
}

Result<Done> Sfu::handle(const ResumeConsumer& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  (*consumer)->resume(turn);
  return Done{};
}

Result<PreferredLayers> Sfu::handle(const SetPreferredLayers& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  if (!request.preferred_layers) return Error::type("preferredLayers is missing");
  (*consumer)->set_preferred_layers(*request.preferred_layers, turn);
  return PreferredLayers{(*consumer)->preferred_layers()};
}

Result<Done> Sfu::handle(const RequestKeyFrame& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  (*consumer)->request_key_frame(turn);
  return Done{};
}

Result<Done> Sfu::handle(const CloseConsumer& request, Turn&) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  (*consumer)->transport().router().close(**consumer);
  return Done{};
}

Result<ConsumerDump> Sfu::handle(const DumpConsumer& request, Turn&) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  return dump(**consumer);
}

Result<StreamStatsList> Sfu::handle(const GetConsumerStats& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  return stats(**consumer, turn.now);
}

}  // namespace sfu
