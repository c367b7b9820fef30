#include "sim/bwe/stage.hpp"

#include <cmath>
#include <deque>

#include "sim/bwe/watch.hpp"
#include "sim/camera.hpp"
#include "sim/tcp_flow.hpp"

namespace sfu::sim {
namespace {

// What a receiver's packet is longer than its payload: RTP header, MID and transport-wide number as one-byte
// extensions, the tag of AES-GCM.
constexpr size_t kOverhead = 12 + 12 + 16;
// Everybody is connected, and the sources send, before the clock of the scenario starts.
constexpr Time kStart{Duration(1h + 5s)};
constexpr Duration kWarmUp = 2s;
constexpr Duration kSourceDelay = 20ms;
// RFC 8867, 5.7.
constexpr uint32_t kSmallestFile = 100'000, kLargestFile = 1'000'000;
constexpr double kMeanPause = 10;
constexpr int kFilesAtOnce = 2;

struct Publisher {
  Publisher(World& world, uint32_t router) : peer(world, router) {}
  Peer peer;
  std::optional<Camera> camera;
  std::optional<Microphone> microphone;
};

class Stage {
 public:
  explicit Stage(const Scenario& scenario)
      : scenario_(scenario),
        world_(scenario.seed),
        router_(world_.ask_for(channel::CreateRouter{world_.new_handle()}).router),
        forward_(kStart, scenario.forward.schedule, scenario.forward.queue) {
    if (scenario.backward) backward_.emplace(kStart, scenario.backward->schedule, scenario.backward->queue);
    for (const Source& source : scenario.sources) add(source);
    for (size_t i = 0; i < scenario.receivers.size(); ++i) add_receiver();
    start_sources();
    proceed(kStart);
    for (size_t i = 0; i < scenario.receivers.size(); ++i) narrow(i);
    start_cross_traffic();
  }

  Recording run() {
    agenda_.every(Bin::kSpan, kStart + Bin::kSpan, [this] { on_bin(); });
    proceed(kStart + scenario_.length);
    for (auto& watch : watches_) recording_.flows.push_back(watch->take());
    for (const Publisher& publisher : publishers_) note_rates(publisher);
    return std::move(recording_);
  }

 private:
  void add(const Source& source) {
    Publisher& publisher = publishers_.emplace_back(world_, router_);
    CHECK(publisher.peer.connect());
    publisher.peer.uplink.set({.delay = kSourceDelay});
    publisher.peer.downlink.set({.delay = kSourceDelay});
    const auto ssrc = static_cast<uint32_t>(publishers_.size()) * 100;
    if (!source.layers.empty())
      publisher.camera.emplace(publisher.peer, ssrc, source.layers, source.temporal_layers,
                               world_.random.u64());
    if (source.audio.bps > 0) publisher.microphone.emplace(publisher.peer, ssrc + 50, source.audio);
  }

  // Not all at the same moment.
  void start_sources() {
    for (Publisher& publisher : publishers_) {
      const Time at = kStart - kWarmUp + Duration(world_.random.below(33'333));
      if (publisher.camera) publisher.camera->start(agenda_, at);
      if (publisher.microphone) publisher.microphone->start(agenda_, at);
    }
  }

  void add_receiver() {
    const Receiver& receiver = scenario_.receivers[receivers_.size()];
    Peer& peer = receivers_.emplace_back(world_, router_,
                                         Peer::Options{.reports = true,
                                                       .ccfb = scenario_.ccfb,
                                                       .keep_packets = false,
                                                       .rtt = 2 * receiver.delay + 20ms});
    CHECK(peer.connect());
  }

  // From here on what the receiver gets and sends goes through the network that the scenario describes.
  void narrow(size_t at) {
    const Receiver& receiver = scenario_.receivers[at];
    Peer& peer = receivers_[at];
    Bottleneck* const back = backward_ ? &*backward_ : nullptr;
    peer.downlink.lead_through(receiver.backward ? back : &forward_);
    peer.uplink.lead_through(receiver.backward ? &forward_ : back);
    Link::Options path = scenario_.path, feedback = scenario_.feedback;
    path.delay = feedback.delay = receiver.delay;
    peer.downlink.set(path);
    peer.uplink.set(feedback);
    watches_.push_back(std::make_unique<Watch>(world_, peer, kStart));
    agenda_.at(kStart + receiver.starts, [this, at] { consume_all(at); });
    if (!receiver.pause) return;
    agenda_.at(kStart + receiver.pause->from, [this, at] { for_each_consumer<channel::PauseConsumer>(at); });
    agenda_.at(kStart + receiver.pause->until,
               [this, at] { for_each_consumer<channel::ResumeConsumer>(at); });
  }

  void consume_all(size_t at) {
    for (size_t i = 0; i < publishers_.size(); ++i) {
      const Publisher& publisher = publishers_[i];
      if (publisher.microphone) consume(at, i, publisher.microphone->producer(), false);
      if (publisher.camera) consume(at, i, publisher.camera->producer(), true);
    }
  }

  void consume(size_t at, size_t source, uint32_t producer, bool video) {
    const uint32_t consumer = receivers_[at].consume(producer, video, video);
    consumers_.push_back({at, consumer});
    watches_[at]->add(consumer, source, video);
  }

  template <class Request>
  void for_each_consumer(size_t receiver) {
    for (const auto& [at, consumer] : consumers_)
      if (at == receiver) world_.ask(Request{consumer});
  }

  void start_cross_traffic() {
    recording_.long_tcp.resize(static_cast<size_t>(scenario_.long_tcp));
    recording_.short_tcp.resize(static_cast<size_t>(scenario_.short_tcp));
    for (int i = 0; i < scenario_.long_tcp + scenario_.short_tcp; ++i)
      tcp_.emplace_back(agenda_, forward_, scenario_.receivers.front().delay);
    for (int i = 0; i < scenario_.long_tcp; ++i) tcp_[static_cast<size_t>(i)].send_for_ever(kStart);
    for (int i = 0; i < scenario_.short_tcp; ++i) {
      TcpFlow& flow = tcp_[static_cast<size_t>(scenario_.long_tcp + i)];
      i < kFilesAtOnce ? send_file(flow, kStart) : pause(flow, kStart);
    }
  }

  void send_file(TcpFlow& flow, Time now) {
    const int64_t size = kSmallestFile + world_.random.below(kLargestFile - kSmallestFile);
    flow.send(size, now, [this, &flow](Time done) { pause(flow, done); });
  }

  // Exponentially distributed.
  void pause(TcpFlow& flow, Time now) {
    const double wait = -kMeanPause * std::log(1 - world_.random.real());
    const Time next = now + Duration(static_cast<int64_t>(wait * 1e6));
    agenda_.at(next, [this, &flow, next] { send_file(flow, next); });
  }

  void on_bin() {
    for (; events_seen_ < world_.events.size(); ++events_seen_) tell(world_.events[events_seen_]);
    for (auto& watch : watches_) watch->on_bin();
    for (size_t i = 0; i < tcp_.size(); ++i) note_delivered(i);
  }

  void tell(const channel::Event& event) {
    const auto* layers = std::get_if<channel::LayersChange>(&event.body);
    if (!layers) return;
    for (auto& watch : watches_)
      if (watch->owns(event.target)) watch->on_layers(event.target, *layers);
  }

  void note_delivered(size_t at) {
    const auto longs = static_cast<size_t>(scenario_.long_tcp);
    auto& bins = at < longs ? recording_.long_tcp[at] : recording_.short_tcp[at - longs];
    delivered_before_.resize(tcp_.size());
    bins.push_back(tcp_[at].delivered() - std::exchange(delivered_before_[at], tcp_[at].delivered()));
  }

  // Larger pictures are not sent at a quarter of their frames (Sharing::leave_out_slow_ones).
  static uint8_t slowest_above(const Source& source) { return source.temporal_layers < 3 ? 0 : 1; }

  void note_rates(const Publisher& publisher) {
    std::vector<Bitrate>& ladder = recording_.ladders.emplace_back();
    const Source& source = scenario_.sources[recording_.ladders.size() - 1];
    for (size_t i = 0; publisher.camera && i < publisher.camera->encodings(); ++i)
      for (uint8_t layer = i == 0 ? 0 : slowest_above(source); layer < source.temporal_layers; ++layer)
        ladder.push_back(publisher.camera->rate(i, layer, kOverhead));
    recording_.voices.push_back(publisher.microphone ? publisher.microphone->rate(kOverhead) : Bitrate{});
  }

  void proceed(Time end) {
    while (world_.now < end) {
      agenda_.run_due(world_.now);
      world_.run_for(std::min(end, agenda_.next()) - world_.now);
    }
    agenda_.run_due(end);
  }

  const Scenario& scenario_;
  World world_;
  uint32_t router_;
  Agenda agenda_;
  Bottleneck forward_;
  std::optional<Bottleneck> backward_;
  std::deque<Publisher> publishers_;
  std::deque<Peer> receivers_;
  std::vector<std::unique_ptr<Watch>> watches_;
  struct Consumed {
    size_t receiver;
    uint32_t consumer;
  };
  std::vector<Consumed> consumers_;
  std::deque<TcpFlow> tcp_;
  std::vector<int64_t> delivered_before_;
  size_t events_seen_ = 0;
  Recording recording_;
};

}  // namespace

Recording run(const Scenario& scenario) { return Stage(scenario).run(); }

}  // namespace sfu::sim
