// What the objects tell of themselves on request: their state (dump) and their counters (stats).
#pragma once

#include "core/dtls/certificate.hpp"
#include "core/router/router.hpp"

namespace sfu {

channel::WorkerDump dump(const Shared& shared, const Drops& drops);
channel::RouterDump dump(const Router& router);
channel::TransportDump dump(const Transport& transport);
channel::ProducerDump dump(const Producer& producer);
// Of a pipe's, with all its legs.
channel::ConsumerDump dump(const Consumer& first_leg);
channel::DataConsumerDump dump(const DataConsumer& consumer);

channel::WebRtcTransportCreated describe(const link::WebRtc& link,
                                         const channel::CreateWebRtcTransport& request,
                                         const dtls::Certificate& certificate);

channel::TransportStats stats(Transport& transport, Time now);
channel::StreamStatsList stats(Producer& producer, Time now);
channel::StreamStatsList stats(Consumer& first_leg, Time now);
channel::DataProducerStats stats(const DataProducer& producer);
channel::DataConsumerStats stats(const DataConsumer& consumer);
// Appends those of all that is in the router.
void add_stats(const Router& router, Time now, channel::AllStats& out);

}  // namespace sfu
