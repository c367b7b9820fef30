// What the objects tell of themselves on request: their state (dump) and their counters (stats).
#pragma once

#include "core/dtls/certificate.hpp"
#include "core/router/router.hpp"

namespace sfu {

channel::WorkerDump dump(const Shared& shared, const Drops& drops);
channel::RouterDump dump(const Router& router);
channel::TransportDump dump(const Transport& transport);
channel::ProducerDump dump(const Producer& producer);
channel::ConsumerDump dump(const Consumer& consumer);

channel::WebRtcTransportCreated describe(const Transport& transport,
                                         const channel::CreateWebRtcTransport& request,
                                         const dtls::Certificate& certificate);

channel::TransportStats stats(Transport& transport, Time now);
channel::StreamStatsList stats(Producer& producer, Time now);
channel::StreamStatsList stats(Consumer& consumer, Time now);

}  // namespace sfu
