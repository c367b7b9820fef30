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

template <class T>
bool taken(const FlatMap<uint32_t, T*>& table, uint32_t handle) {
  return handle == 0 || table.contains(handle);
}

Error taken_error(const char* what, uint32_t handle) {
  return Error::type(std::string(what) + " handle " + std::to_string(handle) + " is 0 or in use");
}

uint16_t whole(uint32_t subchannel) { return static_cast<uint16_t>(subchannel & 0xffff); }

// Its bytes are the request's.
sfu::DataMessage message_of(const SendFromDataProducer& request) {
  sfu::DataMessage message{.ppid = request.ppid, .bytes = request.message};
  for (const uint32_t each : request.subchannels) message.subchannels.push_back(whole(each));
  if (request.required_subchannel) message.required_subchannel = whole(*request.required_subchannel);
  if (request.ignored_subchannel) message.ignored_subchannel = whole(*request.ignored_subchannel);
  return message;
}

Error unsent(sctp::Sent why) {
  switch (why) {
    case sctp::Sent::kBufferFull:
      return {Error::Code::kError, "sctpsendbufferfull"};
    case sctp::Sent::kTooLong:
      return Error::type("message is longer than maxSendMessageSize");
    case sctp::Sent::kEmpty:
      return Error::type("message must not be empty");
    default:
      return {Error::Code::kError, "the SCTP association is not connected"};
  }
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

Result<AllStats> Sfu::handle(const GetAllStats& request, Turn& turn) {
  AllStats out;
  if (request.router == 0) {
    for (const auto& router : routers_) add_stats(*router, turn.now, out);
    return out;
  }
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  add_stats(**router, turn.now, out);
  return out;
}

Result<Done> Sfu::handle(const SetTraces& request, Turn&) {
  if (sfu::Transport** transport = shared_.transports.find(request.target)) {
    (*transport)->traces.set(request.types);
  } else if (Producer** producer = shared_.producers.find(request.target)) {
    (*producer)->traces.set(request.types);
  } else if (Consumer** consumer = shared_.consumers.find(request.target)) {
    for (Consumer* leg = *consumer; leg; leg = leg->next_leg()) leg->traces.set(request.types);
  } else {
    return Error::not_found("object " + std::to_string(request.target) + " does not exist");
  }
  return Done{};
}

// ---- router

Result<Done> Sfu::handle(const CreateRouter& request, Turn&) {
  if (taken(shared_.routers, request.router)) return taken_error("router", request.router);
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
  if (taken(shared_.transports, request.transport)) return taken_error("transport", request.transport);
  auto transport = (*router)->create_transport(request);
  if (!transport) return transport.error();
  return describe(*(*transport)->link().webrtc(), request, shared_.dtls->certificate());
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
  return (*transport)->restart_ice();
}

Result<Done> Sfu::handle(const DialWebRtcTransport& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  return (*transport)->dial(request, turn);
}

Result<PlainTransportCreated> Sfu::handle(const CreatePlainTransport& request, Turn&) {
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  if (taken(shared_.transports, request.transport)) return taken_error("transport", request.transport);
  auto transport = (*router)->create_transport(request);
  if (!transport) return transport.error();
  return PlainTransportCreated{(*transport)->link().plain()->srtp_parameters()};
}

Result<PlainTransportConnected> Sfu::handle(const ConnectPlainTransport& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  return (*transport)->connect(request, turn);
}

Result<Done> Sfu::handle(const CreateDirectTransport& request, Turn& turn) {
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  if (taken(shared_.transports, request.transport)) return taken_error("transport", request.transport);
  auto transport = (*router)->create_transport(request);
  if (!transport) return transport.error();
  (*transport)->on_link_changed(turn);
  return Done{};
}

Result<Nothing> Sfu::handle(const SendRtcp& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  (*transport)->send_rtcp(request.packet, turn);
  return Nothing{};
}

Result<Done> Sfu::handle(const SetMaxIncomingBitrate& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  (*transport)->set_max_incoming_bitrate(request.bitrate, turn);
  return Done{};
}

Result<Done> Sfu::handle(const SetOutgoingBitrates& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  if (request.max != 0 && request.min > request.max)
    return Error::type("the minimum outgoing bitrate is above the maximum");
  (*transport)->set_outgoing_bitrates(request.min, request.max, turn);
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
  if (taken(shared_.producers, request.producer)) return taken_error("producer", request.producer);
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

Result<Nothing> Sfu::handle(const SendRtp& request, Turn& turn) {
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  (*producer)->transport().send_rtp(**producer, request.packet, turn);
  return Nothing{};
}

// ---- consumer

Result<Consumed> Sfu::handle(const Consume& request, Turn& turn) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  if (taken(shared_.consumers, request.consumer)) return taken_error("consumer", request.consumer);
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
  for (Consumer* leg = *consumer; leg; leg = leg->next_leg()) leg->pause(turn);
  return Done{};
}

Result<Done> Sfu::handle(const ResumeConsumer& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  for (Consumer* leg = *consumer; leg; leg = leg->next_leg()) leg->resume(turn);
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
  for (Consumer* leg = *consumer; leg; leg = leg->next_leg()) leg->request_key_frame(turn);
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

Result<Done> Sfu::handle(const SetPriority& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  if (request.priority < 1 || request.priority > 255)
    return Error::type("priority must be an integer from 1 to 255");
  auto allocation = (*consumer)->allocation();
  allocation.weight = static_cast<uint8_t>(request.priority);
  for (Consumer* leg = *consumer; leg; leg = leg->next_leg()) leg->set_allocation(allocation, turn);
  return Done{};
}

Result<Done> Sfu::handle(const SetAllocation& request, Turn& turn) {
  auto consumer = find(shared_.consumers, request.consumer, "consumer");
  if (!consumer) return consumer.error();
  if (!request.allocation) return Error::type("allocation is missing");
  const auto allocation = read_allocation(*request.allocation);
  if (!allocation) return allocation.error();
  for (Consumer* leg = *consumer; leg; leg = leg->next_leg()) leg->set_allocation(*allocation, turn);
  return Done{};
}

// ---- data producer

Result<Done> Sfu::handle(const ProduceData& request, Turn&) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  if (taken(shared_.data_producers, request.data_producer))
    return taken_error("data producer", request.data_producer);
  auto producer = (*transport)->router().produce_data(request, **transport);
  if (!producer) return producer.error();
  return Done{};
}

Result<Done> Sfu::handle(const PauseDataProducer& request, Turn&) {
  auto producer = find(shared_.data_producers, request.data_producer, "data producer");
  if (!producer) return producer.error();
  (*producer)->pause();
  return Done{};
}

Result<Done> Sfu::handle(const ResumeDataProducer& request, Turn&) {
  auto producer = find(shared_.data_producers, request.data_producer, "data producer");
  if (!producer) return producer.error();
  (*producer)->resume();
  return Done{};
}

Result<Done> Sfu::handle(const CloseDataProducer& request, Turn& turn) {
  auto producer = find(shared_.data_producers, request.data_producer, "data producer");
  if (!producer) return producer.error();
  (*producer)->transport().router().close(**producer, turn);
  return Done{};
}

Result<DataProducerDump> Sfu::handle(const DumpDataProducer& request, Turn&) {
  auto producer = find(shared_.data_producers, request.data_producer, "data producer");
  if (!producer) return producer.error();
  return DataProducerDump{(*producer)->paused()};
}

Result<DataProducerStats> Sfu::handle(const GetDataProducerStats& request, Turn&) {
  auto producer = find(shared_.data_producers, request.data_producer, "data producer");
  if (!producer) return producer.error();
  return stats(**producer);
}

Result<Nothing> Sfu::handle(const SendFromDataProducer& request, Turn& turn) {
  auto producer = find(shared_.data_producers, request.data_producer, "data producer");
  if (!producer) return producer.error();
  (*producer)->transport().data().receive(**producer, message_of(request), turn);
  return Nothing{};
}

// ---- data consumer

Result<Done> Sfu::handle(const ConsumeData& request, Turn&) {
  auto transport = find(shared_.transports, request.transport, "transport");
  if (!transport) return transport.error();
  auto producer = find(shared_.data_producers, request.data_producer, "data producer");
  if (!producer) return producer.error();
  if (taken(shared_.data_consumers, request.data_consumer))
    return taken_error("data consumer", request.data_consumer);
  if (&(*producer)->transport().router() != &(*transport)->router())
    return Error::not_found("the data producer is in another router");
  auto consumer = (*transport)->router().consume_data(request, **transport, **producer);
  if (!consumer) return consumer.error();
  return Done{};
}

Result<Done> Sfu::handle(const PauseDataConsumer& request, Turn&) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  (*consumer)->pause();
  return Done{};
}

Result<Done> Sfu::handle(const ResumeDataConsumer& request, Turn&) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  (*consumer)->resume();
  return Done{};
}

Result<Done> Sfu::handle(const SetSubchannels& request, Turn&) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  (*consumer)->set_subchannels(request.subchannels);
  return Done{};
}

Result<Done> Sfu::handle(const SetBufferedAmountLowThreshold& request, Turn&) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  (*consumer)->set_low_threshold(request.threshold);
  return Done{};
}

Result<BufferedAmount> Sfu::handle(const GetBufferedAmount& request, Turn&) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  return BufferedAmount{static_cast<uint32_t>((*consumer)->buffered())};
}

Result<BufferedAmount> Sfu::handle(const SendToDataConsumer& request, Turn& turn) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  const sctp::Sent sent = (*consumer)->send({.ppid = request.ppid, .bytes = request.message}, turn);
  if (sent != sctp::Sent::kQueued) return unsent(sent);
  return BufferedAmount{static_cast<uint32_t>((*consumer)->buffered())};
}

Result<Done> Sfu::handle(const CloseDataConsumer& request, Turn& turn) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  (*consumer)->transport().router().close(**consumer, turn);
  return Done{};
}

Result<DataConsumerDump> Sfu::handle(const DumpDataConsumer& request, Turn&) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  return dump(**consumer);
}

Result<DataConsumerStats> Sfu::handle(const GetDataConsumerStats& request, Turn&) {
  auto consumer = find(shared_.data_consumers, request.data_consumer, "data consumer");
  if (!consumer) return consumer.error();
  return stats(**consumer);
}

// ---- observers

Result<Done> Sfu::handle(const CreateAudioLevelObserver& request, Turn&) {
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  if (taken(shared_.rtp_observers, request.observer)) return taken_error("observer", request.observer);
  (*router)->create_observer(request);
  return Done{};
}

Result<Done> Sfu::handle(const CreateActiveSpeakerObserver& request, Turn&) {
  auto router = find(shared_.routers, request.router, "router");
  if (!router) return router.error();
  if (taken(shared_.rtp_observers, request.observer)) return taken_error("observer", request.observer);
  (*router)->create_observer(request);
  return Done{};
}

Result<Done> Sfu::handle(const PauseRtpObserver& request, Turn&) {
  auto observer = find(shared_.rtp_observers, request.observer, "observer");
  if (!observer) return observer.error();
  (*observer)->pause();
  return Done{};
}

Result<Done> Sfu::handle(const ResumeRtpObserver& request, Turn& turn) {
  auto observer = find(shared_.rtp_observers, request.observer, "observer");
  if (!observer) return observer.error();
  (*observer)->resume(turn.now);
  return Done{};
}

Result<Done> Sfu::handle(const ObserveProducer& request, Turn&) {
  auto observer = find(shared_.rtp_observers, request.observer, "observer");
  if (!observer) return observer.error();
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  Router& router = (*producer)->transport().router();
  if (!router.owns(**observer)) return Error::not_found("the producer is in another router");
  router.observe(**observer, **producer);
  return Done{};
}

Result<Done> Sfu::handle(const UnobserveProducer& request, Turn&) {
  auto observer = find(shared_.rtp_observers, request.observer, "observer");
  if (!observer) return observer.error();
  auto producer = find(shared_.producers, request.producer, "producer");
  if (!producer) return producer.error();
  (*producer)->transport().router().unobserve(**observer, **producer);
  return Done{};
}

Result<Done> Sfu::handle(const CloseRtpObserver& request, Turn&) {
  auto observer = find(shared_.rtp_observers, request.observer, "observer");
  if (!observer) return observer.error();
  for (const auto& router : routers_)
    if (router->owns(**observer)) {
      router->close(**observer);
      break;
    }
  return Done{};
}

}  // namespace sfu
