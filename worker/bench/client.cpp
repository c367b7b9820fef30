#include "bench/client.hpp"

#include "bench/source.hpp"
#include "host/host.hpp"

namespace sfu::bench {
namespace {

using rtp::Extension;

constexpr int kMaxTurns = 10'000;
constexpr uint32_t kRtxSsrcBit = 0x80000000;

channel::RtpParameters video_parameters(uint32_t ssrc, bool feedback) {
  channel::RtpCodecParameters codec;
  codec.mime_type = "video/VP8";
  codec.payload_type = kPayloadType;
  codec.clock_rate = 90000;
  codec.rtcp_feedback = {{"nack", ""}, {"nack", "pli"}};
  if (feedback) codec.rtcp_feedback.push_back({"transport-cc", ""});
  channel::RtpCodecParameters rtx;
  rtx.mime_type = "video/rtx";
  rtx.payload_type = kRtxPayloadType;
  rtx.clock_rate = 90000;
  rtx.parameters = {{"apt", std::to_string(kPayloadType)}};
  channel::RtpEncodingParameters encoding;
  encoding.ssrc = ssrc;
  encoding.rtx = channel::RtxEncoding{ssrc ^ kRtxSsrcBit};
  channel::RtpParameters rtp;
  rtp.mid = kMid;
  rtp.codecs = {codec, rtx};
  rtp.encodings.push_back(encoding);
  rtp.header_extensions = {{std::string(rtp::uri_of(Extension::kMid)), kMidId},
                           {std::string(rtp::uri_of(Extension::kAbsSendTime)), kAbsSendTimeId}};
  if (feedback)
    rtp.header_extensions.push_back({std::string(rtp::uri_of(Extension::kTransportCc)), kTransportCcId});
  return rtp;
}

}  // namespace

Client::Client(WorkerLoop& worker, const LoopbackSocket& socket, const dtls::Context& context)
    : worker_(worker),
      socket_(socket),
      context_(context),
      transport_(worker.new_handle()),
      random_(transport_),
      dtls_(context, dtls::Role::kClient) {
  signal();
  connect();
}

void Client::signal() {
  channel::CreateWebRtcTransport create{.router = worker_.router(), .transport = transport_};
  create.initial_available_outgoing_bitrate = 600'000;
  create.addresses.push_back(
      {WorkerLoop::kSocket, channel::Protocol::kUdp, "127.0.0.1", worker_.local().port});
  const channel::WebRtcTransportCreated created = worker_.ask(create);
  const channel::IceParameters& ice = *created.ice_parameters;
  ice_ = std::make_unique<ice::Client>(random_, ice::Parameters{ice.username_fragment, ice.password},
                                       ice::Client::Options{.aggressive = true});
  std::vector<dtls::Fingerprint> theirs;
  for (const channel::DtlsFingerprint& each : created.fingerprints)
    theirs.push_back({*dtls::hash_algorithm(each.algorithm), each.value});
  dtls_.set_remote_fingerprints(theirs);
  const dtls::Fingerprint& own = context_.certificate().fingerprints()[2];
  channel::ConnectWebRtcTransport request{.transport = transport_, .role = channel::DtlsRole::kClient};
  request.fingerprints.push_back({std::string(dtls::name_of(own.algorithm)), own.value});
  worker_.ask(request);
}

void Client::connect() {
  std::array<uint8_t, 2048> buffer;
  for (int turns = 0; dtls_.state() != dtls::State::kConnected; ++turns) {
    CHECK(turns < kMaxTurns);
    const Time now = host::now();
    if (const size_t size = ice_->wake(now, buffer)) socket_.send(worker_.local(), Bytes(buffer).first(size));
    worker_.take_turn();
    while (const size_t size = socket_.receive(buffer)) receive(Bytes(buffer).first(size), now);
  }
  worker_.take_turn();  // the end of its handshake
}

void Client::receive(Bytes datagram, Time now) {
  if (datagram[0] >= 20) {
    dtls_.receive(datagram, now);
    return send_dtls();
  }
  const auto answer = stun::Message::parse(datagram);
  if (!answer || !ice_->receive(*answer, now) || dtls_.state() != dtls::State::kNew) return;
  dtls_.start(now);
  send_dtls();
}

void Client::send_dtls() {
  for (const auto& datagram : dtls_.pending()) socket_.send(worker_.local(), datagram);
  dtls_.pending().clear();
}

uint32_t Client::produce() {
  channel::Produce request{.transport = transport_,
                           .producer = worker_.new_handle(),
                           .kind = channel::MediaKind::kVideo,
                           .rtp_parameters = video_parameters(Source::kSsrc, true),
                           .rtp_mapping = channel::RtpMapping{}};
  for (const uint8_t type : {kPayloadType, kRtxPayloadType})
    request.rtp_mapping->codecs.push_back({type, type});
  worker_.ask(request);
  return request.producer;
}

uint32_t Client::consume(uint32_t producer, Feedback feedback) {
  const uint32_t consumer = worker_.new_handle();
  const uint32_t ssrc = 0x10000 + consumer;
  worker_.ask(channel::Consume{.transport = transport_,
                               .consumer = consumer,
                               .producer = producer,
                               .kind = channel::MediaKind::kVideo,
                               .rtp_parameters = video_parameters(ssrc, feedback == Feedback::kTransportWide),
                               .type = channel::ConsumerType::kSimple});
  return ssrc;
}

}  // namespace sfu::bench
