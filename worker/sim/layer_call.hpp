// A router with one producer, fed by the model encoder over a bad link, and consumers that ask for layers: no
// ICE, DTLS or SRTP, so that minutes of it take little time.
#pragma once

#include <algorithm>
#include <map>
#include <memory>

#include "core/router/router.hpp"
#include "core/rtcp/builder.hpp"
#include "core/rtcp/compound.hpp"
#include "sim/layer_receiver.hpp"

namespace sfu::sim {

inline channel::RtpParameters layer_parameters(const Mode& mode, bool rtx) {
  channel::RtpParameters out;
  channel::RtpCodecParameters codec;
  codec.mime_type = mode.mime_type();
  codec.payload_type = Encoder::kPayloadType;
  codec.clock_rate = 90000;
  codec.rtcp_feedback = {{"nack", ""}, {"nack", "pli"}};
  out.codecs.push_back(codec);
  if (rtx) {
    codec.mime_type = "video/rtx";
    codec.payload_type = Encoder::kPayloadType + 1;
    codec.parameters = {{"apt", "96"}};
    out.codecs.push_back(codec);
  }
  out.header_extensions.push_back(
      {std::string(rtp::uri_of(rtp::Extension::kDependencyDescriptor)), Encoder::kDescriptorId});
  return out;
}

class LayerCall {
 public:
  static constexpr Duration kPicture{33'333};

  struct Client {
    Consumer* consumer = nullptr;
    std::unique_ptr<LayerReceiver> receiver;
    uint32_t stint = 0;
    uint32_t decoded_at = 0;  // picture
    Layers target{};
    bool answers = true;  // it asks for what is missing, and for key frames
  };

  LayerCall(const Mode& mode, uint64_t seed, size_t clients)
      : mode_(mode), random_(seed), encoder_(mode, random_), router_(1, shared_) {
    knows_clocks_ = random_.below(4) != 0;
    Turn turn = this->turn();
    sending_ = *router_.create_transport(channel::CreateDirectTransport{1, kSending, 1000, 1000});
    receiving_ = *router_.create_transport(channel::CreateDirectTransport{1, kReceiving, 1000, 1000});
    for (Transport* each : {sending_, receiving_}) each->on_link_changed(turn);
    produce(turn);
    for (size_t i = 0; i < clients; ++i) consume(i, random_.below(2) == 0, turn);
  }
  ~LayerCall() {
    Turn turn = this->turn();
    router_.close(turn);
  }

  // Some requests among pictures, then calm: each client gets to what it asks for.
  void run(size_t requests) {
    if (knows_clocks_) report_clocks();
    for (size_t i = 0; i < requests; ++i) {
      request();
      for (uint32_t pictures = random_.below(4); pictures > 0; --pictures) picture();
    }
    settle();
    calm_ = false;
  }
  std::vector<std::string> faults() const {
    std::vector<std::string> out = faults_;
    const auto shift = knows_clocks_ ? std::optional<uint32_t>(90 * 75) : std::nullopt;
    for (const Client& client : clients_)
      for (const std::string& each : client.receiver->faults(arrivals_, shift, encoder_.pictures()))
        out.push_back(std::to_string(&client - &clients_[0]) + ": " + each);
    return out;
  }

  // ---- step by step, over a good link
  void run_calmly(uint32_t pictures) {
    calm_ = true;
    if (knows_clocks_) report_clocks();
    for (; pictures > 0; --pictures) picture();
  }
  // Nothing is lost, but packets overtake each other.
  void run_reordered(uint32_t pictures) {
    reorders_ = true;
    run_calmly(pictures);
    reorders_ = false;
  }
  Encoder& encoder() { return encoder_; }
  Client& client(size_t i) { return clients_[i]; }
  // Consumer's functions that want a turn.
  template <class Act>
  void act(Act&& act) {
    Turn turn = this->turn();
    act(turn);
    send();
  }
  Time now() const { return now_; }
  // The encoder hears no request for key frames of this stream any more.
  void ignore_key_frame_requests(uint8_t stream) { deaf_[stream] = true; }
  size_t key_frame_requests() const { return key_frame_requests_; }

 private:
  static constexpr uint32_t kSending = 1, kReceiving = 2, kProducer = 3, kFirstConsumer = 10;

  Turn turn() { return {now_, outbox_, events_, drops_}; }

  void produce(Turn& turn) {
    channel::Produce request{.transport = kSending,
                             .producer = kProducer,
                             .kind = channel::MediaKind::kVideo,
                             .rtp_parameters = layer_parameters(mode_, false),
                             .rtp_mapping = channel::RtpMapping{}};
    request.rtp_mapping->codecs.push_back({Encoder::kPayloadType, Encoder::kPayloadType});
    for (uint8_t i = 0; i < mode_.streams(); ++i) {
      channel::RtpEncodingParameters encoding;
      encoding.ssrc = Encoder::ssrc(i);
      encoding.scalability_mode =
          "L" + std::to_string(mode_.spatial_layers()) + "T" + std::to_string(mode_.temporal_layers);
      request.rtp_parameters->encodings.push_back(encoding);
    }
    producer_ = *router_.produce(request, *sending_, turn);
  }

  void consume(size_t i, bool rtx, Turn& turn) {
    const auto handle = static_cast<uint32_t>(kFirstConsumer + i);
    channel::Consume request{
        .transport = kReceiving,
        .consumer = handle,
        .producer = kProducer,
        .kind = channel::MediaKind::kVideo,
        .rtp_parameters = layer_parameters(mode_, rtx),
        .type = mode_.simulcast() ? channel::ConsumerType::kSimulcast : channel::ConsumerType::kSvc};
    channel::RtpEncodingParameters encoding;
    encoding.ssrc = 5000 + 2 * handle;
    if (rtx) encoding.rtx = channel::RtxEncoding{*encoding.ssrc + 1};
    request.rtp_parameters->encodings.push_back(encoding);
    clients_.push_back({*router_.consume(request, *receiving_, *producer_, turn),
                        std::make_unique<LayerReceiver>(mode_, encoder_, *encoding.ssrc)});
  }

  Layers some_layers() {
    return {static_cast<uint8_t>(random_.below(kSpatialLayers)),
            static_cast<uint8_t>(random_.below(mode_.temporal_layers))};
  }

  void request() {
    Client& client = clients_[random_.below(static_cast<uint32_t>(clients_.size()))];
    Turn turn = this->turn();
    const uint32_t kind = random_.below(100);
    if (kind < 5) {
      client.consumer->set_target_layers(std::nullopt, turn);
      ++client.stint;
    } else if (kind < 25) {
      const Layers layers = some_layers();
      client.consumer->set_preferred_layers({layers.spatial, layers.temporal}, turn);
    } else if (kind < 30) {
      client.consumer->on_key_frame_request(false, turn);
    } else {
      client.consumer->set_target_layers(some_layers(), turn);
    }
    if (random_.below(30) == 0) {
      const auto spatial =
          static_cast<uint8_t>(random_.below(mode_.simulcast() ? 3 : 2) + (mode_.simulcast() ? 0 : 1));
      encoder_.turn(spatial, !encoder_.is_on(spatial));
    }
    send();
  }

  // Without losses all comes back, and each client gets the layers that it asks for.
  void settle() {
    calm_ = true;
    for (uint8_t i = 0; i < kSpatialLayers; ++i) encoder_.turn(i, true);
    for (Client& client : clients_) {
      Turn turn = this->turn();
      client.target = some_layers();
      client.consumer->set_preferred_layers({kSpatialLayers - 1, 2}, turn);
      client.consumer->set_target_layers(client.target, turn);
    }
    const auto settled = [&] {
      return std::ranges::all_of(clients_, [&](const Client& client) {
        return client.consumer->current_layers() == client.target &&
               client.decoded_at + 3 > encoder_.pictures();
      });
    };
    for (int i = 0; i < 300 && !settled(); ++i) picture();
    if (!settled()) faults_.push_back("what was asked for was not reached: " + describe());
    for (int i = 0; i < 6; ++i) picture();
    watched_from_ = encoder_.pictures();
    for (int i = 0; i < 12; ++i) picture();
    watched_from_.reset();
  }

  std::string describe() const {
    std::string out;
    for (const Client& client : clients_) {
      const auto current = client.consumer->current_layers().value_or(Layers{9, 9});
      out += std::to_string(client.target.spatial) + "." + std::to_string(client.target.temporal) + " is " +
             std::to_string(current.spatial) + "." + std::to_string(current.temporal) + " decoded " +
             std::to_string(client.decoded_at) + " of " + std::to_string(encoder_.pictures()) + "; ";
    }
    return out;
  }

  // ---- time

  void picture() {
    Duration behind{0};
    for (EncodedPacket& packet : encoder_.encode()) travel(std::move(packet), behind += 500us);
    const Time end = now_ + kPicture;
    while (!flying_.empty() && flying_.begin()->first < end) {
      now_ = std::max(now_, flying_.begin()->first);
      arrive(flying_.begin()->second);
      flying_.erase(flying_.begin());
    }
    now_ = end;
    wake();
    for (Client& client : clients_) attend(client);
    if (knows_clocks_ && encoder_.pictures() % 30 == 0) report_clocks();
    answer_key_frame_requests();
  }

  void travel(EncodedPacket packet, Duration delay) {
    const uint32_t fate = calm_ ? 100 : random_.below(1000);
    if (fate < 2) return;                                                   // lost
    if (fate < 40) delay += Duration(30'000 + random_.below(120'000));      // lost, and repaired
    if (fate >= 40 && fate < 90) delay += Duration(random_.below(20'000));  // overtaken
    if (reorders_ && random_.below(5) == 0) delay += Duration(random_.below(80'000));
    flying_.emplace(now_ + delay, std::move(packet));
  }

  void arrive(const EncodedPacket& packet) {
    const EncodedFrame& frame = encoder_.frames()[packet.frame];
    auto& newest = newest_picture_[packet.stream];
    auto& seen = arrivals_.pictures[packet.stream];
    if (frame.picture < newest && !seen.contains(frame.picture))
      arrivals_.late_pictures[packet.stream].insert(frame.picture);
    auto& newest_sequence = newest_sequence_[packet.stream];
    if (packet.sequence != newest_sequence + 1)
      arrivals_.disturbed_pictures[packet.stream].insert(frame.picture);
    newest_sequence = std::max(newest_sequence, packet.sequence);
    newest = std::max(newest, frame.picture);
    seen.insert(frame.picture);
    arrivals_.packets[packet.stream].insert(packet.sequence);
    Turn turn = this->turn();
    sending_->send_rtp(*producer_, packet.bytes, turn);
    send();
  }

  void wake() {
    Turn turn = this->turn();
    while (Deadlines::Entry* due = shared_.deadlines.due(now_)) static_cast<Transport*>(due)->wake(turn);
    send();
  }

  // Lets jobs become packets, and takes the events.
  void send() {
    Turn turn = this->turn();
    for (Transport* transport : {receiving_, sending_}) transport->lay_out(turn, sealing_);
    shared_.sending.clear();
    for (const channel::Event& event : std::exchange(events_, {})) {
      if (const auto* packet = std::get_if<channel::RtpPacket>(&event.body)) {
        Client& client = clients_[event.target - kFirstConsumer];
        client.receiver->receive(packet->packet, client.stint);
      }
      if (const auto* packet = std::get_if<channel::RtcpPacket>(&event.body);
          packet && event.target == kSending)
        receive_rtcp(packet->packet);
    }
  }

  void receive_rtcp(Bytes packet) {
    rtcp::Reader reader(packet);
    while (const auto message = reader.next())
      if (const auto* pli = std::get_if<rtcp::Pli>(&*message)) {
        ++key_frame_requests_;
        if (deaf_[pli->media_ssrc - Encoder::ssrc(0)]) continue;
        if (!calm_ && random_.below(5) == 0) continue;  // lost
        const uint32_t delay = calm_ || random_.below(8) != 0 ? random_.below(4) : random_.below(75);
        key_frames_.emplace(encoder_.pictures() + delay,
                            static_cast<uint8_t>(pli->media_ssrc - Encoder::ssrc(0)));
      }
  }

  void answer_key_frame_requests() {
    while (!key_frames_.empty() && key_frames_.begin()->first <= encoder_.pictures()) {
      encoder_.request_key_frame(key_frames_.begin()->second);
      key_frames_.erase(key_frames_.begin());
    }
  }

  // The client asks for what is missing, and for a key frame when it sees nothing any more.
  void attend(Client& client) {
    if (!client.answers) return;
    Turn turn = this->turn();
    const std::vector<uint16_t> missing = client.receiver->missing();
    if (!missing.empty()) client.consumer->on_nack(rtcp::LostPackets(std::span(missing)), turn);
    const std::vector<uint32_t> decoded = client.receiver->take_decoded();
    if (!decoded.empty()) client.decoded_at = encoder_.pictures();
    if (watched_from_) check_watched(client, decoded);
    if (client.consumer->current_layers() && client.decoded_at + 15 < encoder_.pictures() &&
        encoder_.pictures() % 10 == 0)
      client.consumer->on_key_frame_request(false, turn);
    send();
  }

  void check_watched(const Client& client, const std::vector<uint32_t>& decoded) {
    if (decoded.empty() && client.target.temporal == mode_.temporal_layers - 1)
      faults_.push_back("a picture did not come");
    for (const uint32_t id : decoded) {
      const EncodedFrame& frame = encoder_.frames()[id];
      if (frame.picture <= *watched_from_) continue;
      const uint8_t spatial = mode_.simulcast() ? frame.stream : frame.spatial;
      if (spatial > client.target.spatial || frame.temporal > client.target.temporal)
        faults_.push_back("more came than was asked for");
    }
  }

  void report_clocks() {
    Turn turn = this->turn();
    for (uint8_t i = 0; i < mode_.streams(); ++i) {
      std::array<uint8_t, 200> buffer;
      rtcp::Builder builder(buffer);
      builder.add(rtcp::SenderReport{
          .ssrc = Encoder::ssrc(i),
          .ntp = to_ntp(encoder_.pictures() * kPicture + Duration(encoder_.pictures() / 3) + 777s),
          .rtp_timestamp = encoder_.timestamp(i),
          .packets = 1,
          .octets = 1,
          .blocks = {}});
      sending_->send_rtcp(builder.written(), turn);
    }
    send();
  }

  Mode mode_;
  Random random_;
  Encoder encoder_;
  Shared shared_{Random::Seed{}, srtp::Backend::kOpenSsl};
  Router router_;
  Time now_{1h};
  Outbox outbox_;
  std::vector<channel::Event> events_;
  Drops drops_;
  std::vector<srtp::SealJob> sealing_;
  Transport* sending_ = nullptr;
  Transport* receiving_ = nullptr;
  Producer* producer_ = nullptr;
  std::vector<Client> clients_;
  std::multimap<Time, EncodedPacket> flying_;
  std::multimap<uint32_t, uint8_t> key_frames_;  // by picture
  LayerReceiver::Arrivals arrivals_;
  std::array<uint32_t, kSpatialLayers> newest_picture_{};
  std::array<int64_t, kSpatialLayers> newest_sequence_{};
  std::array<bool, kSpatialLayers> deaf_{};
  size_t key_frame_requests_ = 0;
  bool knows_clocks_ = true;
  bool calm_ = false;
  bool reorders_ = false;
  std::optional<uint32_t> watched_from_;  // picture
  std::vector<std::string> faults_;
};

}  // namespace sfu::sim
