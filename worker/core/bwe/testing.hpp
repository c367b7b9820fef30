// A closed loop on simulated time: flows that send what their estimators allow through one bottleneck, and
// receivers that answer with transport-wide feedback. Time goes by milliseconds; all chance has a seed.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/base/random.hpp"
#include "core/bwe/arrivals.hpp"
#include "core/bwe/estimator.hpp"
#include "core/rtcp/compound.hpp"

namespace sfu::bwe {

struct LinkOptions {
  Bitrate rate = 1_mbps;
  Duration delay = 25ms;   // each way
  Duration queue = 300ms;  // what the buffer holds at that rate
  Duration jitter{};       // evenly spread
  bool reorders = false;   // the jitter does
  double loss = 0;         // of single packets
  double burst_start = 0;  // chance a packet, and then of each packet to be the burst's last
  double burst_end = 1;
  double feedback_loss = 0;
};

struct Packet {
  size_t flow = 0;
  uint16_t sequence = 0;
  int64_t bytes = 0;
  Time queued{};
  Time arrives{};
};

// A drop-tail queue before a link; lost at random are packets behind it.
class Bottleneck {
 public:
  Bottleneck(const LinkOptions& options, uint64_t seed) : options(options), random_(seed) {}

  LinkOptions options;
  int64_t dropped = 0;  // by the queue
  int64_t offered = 0;

  void send(const Packet& packet, Time now) {
    ++offered;
    if (queued_ + packet.bytes > std::max(int64_t{3000}, options.rate.bytes_in(options.queue))) {
      ++dropped;
      return;
    }
    queued_ += packet.bytes;
    queue_.push_back(packet);
    queue_.back().queued = now;
  }
  // What leaves the queue until now, with the time that each packet waited for its turn.
  template <class Visit>
  void advance(Time now, Visit&& visit) {
    while (!queue_.empty() && std::max(free_, queue_.front().queued) <= now) {
      Packet packet = queue_.front();
      queue_.pop_front();
      queued_ -= packet.bytes;
      const Time start = std::max(free_, packet.queued);
      free_ = start + options.rate.time_for(packet.bytes);
      packet.arrives = free_ + options.delay + Duration(random_.below(spread()));
      if (!options.reorders) packet.arrives = newest_ = std::max(newest_, packet.arrives);
      visit(packet, start - packet.queued, is_lost());
    }
  }
  bool loses_feedback() { return random_.real() < options.feedback_loss; }

 private:
  uint32_t spread() const { return static_cast<uint32_t>(options.jitter.count()) + 1; }
  bool is_lost() {
    in_burst_ = in_burst_ ? random_.real() >= options.burst_end : random_.real() < options.burst_start;
    return in_burst_ || random_.real() < options.loss;
  }

  Random random_;
  std::deque<Packet> queue_;
  int64_t queued_ = 0;
  Time free_{};
  Time newest_{};
  bool in_burst_ = false;
};

// Sends frames, and audio, as the estimate allows; paced, and with padding for probes.
class Flow {
 public:
  static constexpr int64_t kPacket = 1200;

  struct Options {
    Bitrate wanted = 10_mbps;
    bool video = true;
    bool audio = false;  // 50 packets of 100 bytes in a second
    bool can_probe = true;
    Time begins{};
  };

  Flow(const Options& options, uint64_t seed) : options(options), random_(seed) {}

  Options options;
  Estimator estimator;
  SentPackets sent;
  Arrivals arrivals;
  int64_t delivered = 0;

  template <class Send>
  void tick(Time now, Send&& send) {
    if (now < options.begins) return;
    estimator.set_wanted(options.wanted, now);
    if (estimator.deadline() <= now) {
      estimator.wake(now);
      CHECK(estimator.deadline() > now);
    }
    if (options.audio && now >= next_audio_) {
      next_audio_ = now + 20ms;
      emit(100, SentPacket::Kind::kAudio, 0, now, send);
    }
    if (options.video && now >= next_frame_) make_frame(now);
    pace(now, send);
  }
  void receive(uint16_t sequence, int64_t bytes, Time arrival) {
    delivered += bytes;
    arrivals.on_packet(sequence, arrival, 1);
  }
  void read_feedback(Bytes datagram, Time now) {
    rtcp::Reader reader(datagram);
    while (const auto message = reader.next()) {
      const auto results = sent.on_feedback(std::get<rtcp::TransportCc>(*message), now);
      estimator.on_feedback(results, now);
      if (const auto rtt = sent.rtt()) estimator.on_rtt(*rtt);
    }
  }

 private:
  void make_frame(Time now) {
    next_frame_ = now + 33ms;
    const Bitrate rate = std::min(options.wanted, estimator.estimate());
    const double size = static_cast<double>(rate.bytes_in(33ms)) * (0.8 + 0.4 * random_.real());
    backlog_ += static_cast<int64_t>(size);
    backlog_ = std::min(backlog_, std::max(kPacket, rate.bytes_in(300ms)));  // an encoder skips frames
  }
  template <class Send>
  void pace(Time now, Send&& send) {
    if (!probe_) {
      if (options.can_probe) probe_ = estimator.take_probe(now);
      if (probe_) budget_ = 0;
    }
    const Bitrate rate = probe_ ? probe_->rate : estimator.pacing_rate();
    budget_ =
        std::min(budget_ + static_cast<double>(rate.bps) / 8000, static_cast<double>(rate.bps) / 8000 * 5);
    while (budget_ >= 0 && (backlog_ > 0 || probe_)) {
      const int64_t size =
          probe_ && backlog_ == 0 ? kPacket : std::min(kPacket, std::max<int64_t>(backlog_, 50));
      const auto kind = backlog_ > 0 ? SentPacket::Kind::kVideo : SentPacket::Kind::kPadding;
      backlog_ = std::max<int64_t>(0, backlog_ - size);
      budget_ -= static_cast<double>(size);
      emit(size, kind, probe_ ? probe_->cluster : 0, now, send);
      if (!probe_) continue;
      probe_->bytes -= size;
      if (probe_->packets > 0) --probe_->packets;
      if (probe_->packets == 0 && probe_->bytes <= 0) probe_.reset();
    }
  }
  template <class Send>
  void emit(int64_t size, SentPacket::Kind kind, int32_t probe, Time now, Send&& send) {
    SentPacket packet{
        .sent = now, .ssrc = 1, .size = static_cast<uint16_t>(size), .kind = kind, .probe = probe};
    packet.rtp_sequence = next_rtp_++;
    const uint16_t sequence = sent.add(packet);
    estimator.on_sent(packet);
    send(sequence, size);
  }

  Random random_;
  Time next_audio_{};
  Time next_frame_{};
  int64_t backlog_ = 0;
  double budget_ = 0;
  std::optional<Probe> probe_;
  uint16_t next_rtp_ = 0;
};

// What was seen in one span of time.
struct Seen {
  double utilization = 0;  // what arrived, of what the link could carry
  Duration queueing_p95{};
  double caused_loss = 0;       // by the queue
  Bitrate lowest = kUnlimited;  // of the first flow's estimate
  Bitrate highest{};
  Bitrate average{};
  std::vector<Bitrate> received;  // by each flow
};

class Loop {
 public:
  explicit Loop(const LinkOptions& options, uint64_t seed = 1) : link(options, seed), random_(seed + 1000) {}

  Bottleneck link;
  std::vector<std::unique_ptr<Flow>> flows;
  Time now{1000s};

  Flow& add(Flow::Options options = {}) {
    options.begins = now;
    flows.push_back(std::make_unique<Flow>(options, random_.u64()));
    return *flows.back();
  }
  Flow& flow() { return *flows.front(); }
  Bitrate estimate() const { return flows.front()->estimator.estimate(); }

  Seen run(Duration span) {
    begin();
    const Time end = now + span;
    while (now < end) step();
    return finish(span);
  }
  // How long it takes until this holds; `most` when it never does.
  template <class Holds>
  Duration until(Duration most, Holds&& holds) {
    const Time start = now;
    while (now - start < most && !holds()) step();
    return now - start;
  }

 private:
  struct Feedback {
    size_t flow;
    Time arrives;
    std::vector<uint8_t> bytes;
  };

  void step() {
    now += 1ms;
    for (size_t i = 0; i < flows.size(); ++i)
      flows[i]->tick(now, [&](uint16_t sequence, int64_t bytes) {
        link.send({i, sequence, bytes, {}, {}}, now);
      });
    link.advance(now, [&](const Packet& packet, Duration waited, bool lost) {
      waits_.push_back(waited);
      if (!lost) under_way_.push_back(packet);
    });
    deliver();
    for (size_t i = 0; i < flows.size(); ++i) answer(i);
    while (!answers_.empty() && answers_.front().arrives <= now) {
      flows[answers_.front().flow]->read_feedback(answers_.front().bytes, now);
      answers_.pop_front();
    }
    note();
  }
  void deliver() {
    std::ranges::stable_sort(under_way_, {}, &Packet::arrives);
    while (!under_way_.empty() && under_way_.front().arrives <= now) {
      const Packet& packet = under_way_.front();
      flows[packet.flow]->receive(packet.sequence, packet.bytes, packet.arrives);
      under_way_.pop_front();
    }
  }
  void answer(size_t i) {
    Arrivals& arrivals = flows[i]->arrivals;
    while (arrivals.deadline() <= now) {
      std::vector<uint8_t> buffer(rtcp::Builder::kMaxSize);
      rtcp::Builder builder(buffer);
      arrivals.write_feedback(builder, 1);
      buffer.resize(builder.size());
      if (!link.loses_feedback()) answers_.push_back({i, now + link.options.delay, std::move(buffer)});
    }
  }
  void begin() {
    waits_.clear();
    seen_ = {};
    estimates_ = 0;
    dropped_before_ = link.dropped;
    offered_before_ = link.offered;
    delivered_before_.clear();
    for (const auto& flow : flows) delivered_before_.push_back(flow->delivered);
  }
  void note() {
    const Bitrate estimate = this->estimate();
    seen_.lowest = std::min(seen_.lowest, estimate);
    seen_.highest = std::max(seen_.highest, estimate);
    estimates_ += static_cast<double>(estimate.bps);
  }
  Seen finish(Duration span) {
    int64_t bytes = 0;
    for (size_t i = 0; i < flows.size(); ++i) {
      const int64_t delivered = flows[i]->delivered - delivered_before_[i];
      seen_.received.push_back(Bitrate::of(delivered, span));
      bytes += delivered;
    }
    seen_.utilization = Bitrate::of(bytes, span) / link.options.rate;
    std::ranges::sort(waits_);
    if (!waits_.empty()) seen_.queueing_p95 = waits_[waits_.size() * 95 / 100];
    const auto offered = std::max<int64_t>(1, link.offered - offered_before_);
    seen_.caused_loss = static_cast<double>(link.dropped - dropped_before_) / static_cast<double>(offered);
    seen_.average = {static_cast<int64_t>(estimates_ / static_cast<double>(span / 1ms))};
    return seen_;
  }

  Random random_;
  std::deque<Packet> under_way_;
  std::deque<Feedback> answers_;
  std::vector<Duration> waits_;
  std::vector<int64_t> delivered_before_;
  int64_t dropped_before_ = 0;
  int64_t offered_before_ = 0;
  double estimates_ = 0;
  Seen seen_;
};

}  // namespace sfu::bwe
