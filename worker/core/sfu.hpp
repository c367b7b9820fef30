// The core's one face: everything that a host can say to it. The core has no sockets, no clock and no
// threads; the host brings datagrams, requests and the time, and carries away what a turn leaves in its
// outbox and events.
//
// A host's loop:
//   1. wait until a socket or the channel is readable, or until deadline();
//   2. read a batch of datagrams, and call receive(batch, turn); hand each request to the channel's
//   dispatcher,
//      which calls handle(request, turn); when deadline() has come, wake(turn);
//   3. after each of these, seal: `while (!sfu.seal(turn)) send(turn.outbox)`, then send the rest of the
//   outbox;
//   4. write turn.events to the channel.
// Nothing that a call leaves queued outlives step 3: no packet waits for a later turn without a timer of its
// own.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/link/turn.hpp"
#include "core/router/datagram.hpp"
#include "core/router/router.hpp"
#include "core/router/shared.hpp"

namespace sfu {

class Sfu {
 public:
  Sfu(const Random::Seed& seed, srtp::Backend backend);
  ~Sfu();

  rtp::PacketPool& packets() { return shared_.packets; }

  // ---- the network
  void receive(std::span<Datagram> batch, Turn& turn);
  // The TCP connection of `path` is gone.
  void disconnected(const Path& path, Turn& turn);
  // Whether a client has proven that a transport expects it on `path`.
  bool knows(const Path& path) const { return shared_.paths.contains(path); }
  // Null: there is none of that handle.
  const Transport* transport(uint32_t handle);

  // ---- time
  Time deadline() const {
    return std::min(shared_.deadlines.earliest(), shared_.observer_deadlines.earliest());
  }
  void wake(Turn& turn);

  // ---- sending: moves what is queued into the outbox, encrypted, as far as it has room. True when all has
  // gone; else send and clear the outbox and call again.
  bool seal(Turn& turn);

  // ---- the controller, one handler a request (channel/messages.gen.hpp)
  Result<channel::Done> handle(const channel::UseCertificate& request, Turn& turn);
  Result<channel::WorkerDump> handle(const channel::DumpWorker& request, Turn& turn);
  Result<channel::AllStats> handle(const channel::GetAllStats& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetTraces& request, Turn& turn);

  Result<channel::Done> handle(const channel::CreateRouter& request, Turn& turn);
  Result<channel::Done> handle(const channel::CloseRouter& request, Turn& turn);
  Result<channel::RouterDump> handle(const channel::DumpRouter& request, Turn& turn);

  Result<channel::WebRtcTransportCreated> handle(const channel::CreateWebRtcTransport& request, Turn& turn);
  Result<channel::WebRtcTransportConnected> handle(const channel::ConnectWebRtcTransport& request,
                                                   Turn& turn);
  Result<channel::IceParameters> handle(const channel::RestartIce& request, Turn& turn);
  Result<channel::Done> handle(const channel::DialWebRtcTransport& request, Turn& turn);
  Result<channel::PlainTransportCreated> handle(const channel::CreatePlainTransport& request, Turn& turn);
  Result<channel::PlainTransportConnected> handle(const channel::ConnectPlainTransport& request, Turn& turn);
  Result<channel::Done> handle(const channel::CreateDirectTransport& request, Turn& turn);
  Result<channel::Nothing> handle(const channel::SendRtcp& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetMaxIncomingBitrate& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetOutgoingBitrates& request, Turn& turn);
  Result<channel::Done> handle(const channel::CloseTransport& request, Turn& turn);
  Result<channel::TransportDump> handle(const channel::DumpTransport& request, Turn& turn);
  Result<channel::TransportStats> handle(const channel::GetTransportStats& request, Turn& turn);

  Result<channel::Done> handle(const channel::Produce& request, Turn& turn);
  Result<channel::Done> handle(const channel::PauseProducer& request, Turn& turn);
  Result<channel::Done> handle(const channel::ResumeProducer& request, Turn& turn);
  Result<channel::Done> handle(const channel::CloseProducer& request, Turn& turn);
  Result<channel::ProducerDump> handle(const channel::DumpProducer& request, Turn& turn);
  Result<channel::StreamStatsList> handle(const channel::GetProducerStats& request, Turn& turn);
  Result<channel::Nothing> handle(const channel::SendRtp& request, Turn& turn);

  Result<channel::Consumed> handle(const channel::Consume& request, Turn& turn);
  Result<channel::Done> handle(const channel::PauseConsumer& request, Turn& turn);
  Result<channel::Done> handle(const channel::ResumeConsumer& request, Turn& turn);
  Result<channel::PreferredLayers> handle(const channel::SetPreferredLayers& request, Turn& turn);
  Result<channel::Done> handle(const channel::RequestKeyFrame& request, Turn& turn);
  Result<channel::Done> handle(const channel::CloseConsumer& request, Turn& turn);
  Result<channel::ConsumerDump> handle(const channel::DumpConsumer& request, Turn& turn);
  Result<channel::StreamStatsList> handle(const channel::GetConsumerStats& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetPriority& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetAllocation& request, Turn& turn);

  Result<channel::Done> handle(const channel::ProduceData& request, Turn& turn);
  Result<channel::Done> handle(const channel::PauseDataProducer& request, Turn& turn);
  Result<channel::Done> handle(const channel::ResumeDataProducer& request, Turn& turn);
  Result<channel::Done> handle(const channel::CloseDataProducer& request, Turn& turn);
  Result<channel::DataProducerDump> handle(const channel::DumpDataProducer& request, Turn& turn);
  Result<channel::DataProducerStats> handle(const channel::GetDataProducerStats& request, Turn& turn);
  Result<channel::Nothing> handle(const channel::SendFromDataProducer& request, Turn& turn);

  Result<channel::Done> handle(const channel::ConsumeData& request, Turn& turn);
  Result<channel::Done> handle(const channel::PauseDataConsumer& request, Turn& turn);
  Result<channel::Done> handle(const channel::ResumeDataConsumer& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetSubchannels& request, Turn& turn);
  Result<channel::Done> handle(const channel::SetBufferedAmountLowThreshold& request, Turn& turn);
  Result<channel::BufferedAmount> handle(const channel::GetBufferedAmount& request, Turn& turn);
  Result<channel::BufferedAmount> handle(const channel::SendToDataConsumer& request, Turn& turn);
  Result<channel::Done> handle(const channel::CloseDataConsumer& request, Turn& turn);
  Result<channel::DataConsumerDump> handle(const channel::DumpDataConsumer& request, Turn& turn);
  Result<channel::DataConsumerStats> handle(const channel::GetDataConsumerStats& request, Turn& turn);

  Result<channel::Done> handle(const channel::CreateAudioLevelObserver& request, Turn& turn);
  Result<channel::Done> handle(const channel::CreateActiveSpeakerObserver& request, Turn& turn);
  Result<channel::Done> handle(const channel::PauseRtpObserver& request, Turn& turn);
  Result<channel::Done> handle(const channel::ResumeRtpObserver& request, Turn& turn);
  Result<channel::Done> handle(const channel::ObserveProducer& request, Turn& turn);
  Result<channel::Done> handle(const channel::UnobserveProducer& request, Turn& turn);
  Result<channel::Done> handle(const channel::CloseRtpObserver& request, Turn& turn);

 private:
  void receive_one(Datagram& datagram, Turn& turn);
  void receive_stun(Bytes datagram, const Path& path, Turn& turn);
  void seal_laid_out();

  Shared shared_;
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<srtp::SealJob> sealing_;
};

}  // namespace sfu
