#include "sim/bwe/measure.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/bwe/watch.hpp"

namespace sfu::sim {
namespace {

constexpr Duration kSecond = 1s;
constexpr size_t kBinsASecond = static_cast<size_t>(kSecond / Bin::kSpan);
// What is under way when the rate falls is nobody's overshoot.
constexpr Duration kAfterStepDown = 3s;

Duration begin_of(size_t bin) { return static_cast<int64_t>(bin) * Bin::kSpan; }

const Bottleneck::Step& step_at(const Hop& hop, Duration at) {
  const auto later = std::ranges::upper_bound(hop.schedule, at, {}, &Bottleneck::Step::at);
  return *std::prev(later);
}

class Measurement {
 public:
  Measurement(const Scenario& scenario, const Recording& recording)
      : scenario_(scenario), recording_(recording), bins_(recording.flows.front().bins.size()) {}

  Figures figures() {
    Figures out;
    measure_use(out);
    measure_step(out);
    measure_waits(out);
    out.overshoot = std::max(overshoot(false), scenario_.backward ? overshoot(true) : 0);
    out.queue_loss = queue_loss();
    measure_layers(out);
    measure_pictures(out);
    measure_bursts(out);
    out.fairness = fairness();
    return out;
  }

 private:
  bool is_active(size_t flow, Duration at) const {
    const Receiver& receiver = scenario_.receivers[flow];
    const bool paused = receiver.pause && at >= receiver.pause->from && at < receiver.pause->until;
    return at >= receiver.starts && !paused;
  }
  bool has_flows(bool backward) const {
    return std::ranges::any_of(scenario_.receivers,
                               [&](const Receiver& each) { return each.backward == backward; });
  }
  const Hop& hop(bool backward) const { return backward ? *scenario_.backward : scenario_.forward; }
  bool has_cross_traffic() const { return scenario_.long_tcp + scenario_.short_tcp > 0; }

  // What the flows of one direction could get: all, or beside others an equal share of what short flows
  // leave.
  Bitrate available(bool backward, size_t bin) const {
    Bitrate out = step_at(hop(backward), begin_of(bin)).rate;
    if (backward || !has_cross_traffic()) return out;
    for (const auto& flow : recording_.short_tcp) out = out - Bitrate::of(flow[bin], Bin::kSpan);
    const double media = static_cast<double>(scenario_.receivers.size());
    return std::max(out, Bitrate{0}) * (media / (media + scenario_.long_tcp));
  }

  // In whole layers.
  Bitrate achievable(bool backward, size_t bin) {
    size_t active = 0;
    for (size_t i = 0; i < scenario_.receivers.size(); ++i)
      if (scenario_.receivers[i].backward == backward && is_active(i, begin_of(bin))) ++active;
    const Bitrate available = this->available(backward, bin);
    if (has_cross_traffic()) return std::min(available, most(active));
    Bitrate& known = best_[{active, available.bps}];
    if (known.bps == 0 && active > 0) known = best_fit(ladders(active), voices(active), available);
    return known;
  }
  Bitrate most(size_t receivers) const {
    Bitrate out = voices(receivers);
    for (const auto& ladder : ladders(receivers)) out = out + *std::ranges::max_element(ladder);
    return out;
  }
  std::vector<std::vector<Bitrate>> ladders(size_t receivers) const {
    std::vector<std::vector<Bitrate>> out;
    for (size_t i = 0; i < receivers; ++i)
      for (const auto& ladder : recording_.ladders)
        if (!ladder.empty()) out.push_back(ladder);
    return out;
  }
  Bitrate voices(size_t receivers) const {
    Bitrate out;
    for (const Bitrate voice : recording_.voices) out = out + voice * static_cast<double>(receivers);
    return out;
  }

  std::vector<int64_t> sum(bool backward, int64_t Bin::*what) const {
    std::vector<int64_t> out(bins_);
    for (size_t flow = 0; flow < recording_.flows.size(); ++flow)
      for (size_t i = 0; i < bins_ && scenario_.receivers[flow].backward == backward; ++i)
        out[i] += recording_.flows[flow].bins[i].*what;
    return out;
  }

  void measure_use(Figures& out) {
    double media = 0, arrived = 0, layers = 0, link = 0;
    for (const bool backward : {false, true}) {
      if (!has_flows(backward)) continue;
      const auto media_bins = sum(backward, &Bin::media), arrived_bins = sum(backward, &Bin::arrived);
      for (size_t i = 0; i < bins_; ++i) {
        if (begin_of(i) < scenario_.settled) continue;
        media += static_cast<double>(media_bins[i]);
        arrived += static_cast<double>(arrived_bins[i]);
        layers += static_cast<double>(achievable(backward, i).bytes_in(Bin::kSpan));
        link += static_cast<double>(available(backward, i).bytes_in(Bin::kSpan));
      }
    }
    out.media_use = layers > 0 ? media / layers : 0;
    out.link_use = link > 0 ? arrived / link : 0;
  }

  void measure_step(Figures& out) {
    if (!scenario_.step_up) return;
    const auto media = over_a_second(sum(false, &Bin::media));
    for (size_t i = static_cast<size_t>(*scenario_.step_up / Bin::kSpan); i < bins_; ++i) {
      const Duration since = begin_of(i + 1) - *scenario_.step_up;
      if (!out.to_90_media && media[i] >= achievable(false, i) * 0.9) out.to_90_media = since;
      const auto estimate = estimates(i);
      if (!out.to_90_estimate && estimate && *estimate >= available(false, i) * 0.9)
        out.to_90_estimate = since;
    }
  }
  std::optional<Bitrate> estimates(size_t bin) const {
    std::optional<Bitrate> out;
    for (size_t i = 0; i < recording_.flows.size(); ++i)
      if (const auto& estimate = recording_.flows[i].bins[bin].estimate;
          estimate && !scenario_.receivers[i].backward)
        out = out.value_or(Bitrate{}) + *estimate;
    return out;
  }

  void measure_waits(Figures& out) {
    std::vector<Duration> waits;
    for (const WatchedFlow& flow : recording_.flows)
      for (const WatchedFlow::Wait& wait : flow.waits)
        if (wait.at >= scenario_.settled) waits.push_back(wait.waited);
    out.wait_median = percentile(waits, 0.5);
    out.wait_p95 = percentile(std::move(waits), 0.95);
  }

  double overshoot(bool backward) const {
    const auto sent = over_a_second(sum(backward, &Bin::sent));
    double out = 0;
    for (size_t i = kBinsASecond; i < bins_; ++i) {
      const Bottleneck::Step& now = step_at(hop(backward), begin_of(i));
      const Bottleneck::Step& before = step_at(hop(backward), begin_of(i + 1 - kBinsASecond));
      const bool fell = now.at > 0us && begin_of(i) - now.at < kAfterStepDown;
      if (fell || now.rate.bps == 0 || before.rate.bps == 0) continue;
      out = std::max(out, sent[i] / std::max(now.rate, before.rate) - 1);
    }
    return out;
  }

  double queue_loss() const {
    int64_t dropped = 0, packets = 0;
    for (const WatchedFlow& flow : recording_.flows)
      for (const Bin& bin : flow.bins) dropped += bin.dropped, packets += bin.packets;
    return packets > 0 ? static_cast<double>(dropped) / static_cast<double>(packets) : 0;
  }

  template <class Visit>
  void each_video(Visit&& visit) const {
    for (size_t flow = 0; flow < recording_.flows.size(); ++flow)
      for (const WatchedConsumer& consumer : recording_.flows[flow].consumers)
        if (consumer.video) visit(scenario_.receivers[flow], consumer);
  }

  void measure_layers(Figures& out) const {
    double minutes = 0;
    size_t changes = 0;
    each_video([&](const Receiver& receiver, const WatchedConsumer& consumer) {
      const Duration from = std::max(scenario_.settled, receiver.starts);
      minutes += seconds(scenario_.length - from) / 60;
      const auto late = [from](const auto& change) { return change.at >= from; };
      changes += static_cast<size_t>(std::ranges::count_if(consumer.layers, late));
      out.most_flaps = std::max(out.most_flaps, most_flaps(consumer.layers, from));
    });
    out.layer_changes = minutes > 0 ? static_cast<double>(changes) / minutes : 0;
  }

  void measure_pictures(Figures& out) const {
    Duration watched{0}, total{0};
    each_video([&](const Receiver& receiver, const WatchedConsumer& consumer) {
      for (const auto& [from, until] : shown(receiver)) {
        const Freezes found = freezes(consumer.decoded, from, until, Watch::kPictureTimeout);
        watched += until - from;
        total += found.total;
        out.longest_freeze = std::max(out.longest_freeze, found.longest);
      }
    });
    out.without_picture = watched > 0us ? seconds(total) / seconds(watched) : 0;
  }
  std::vector<Receiver::Span> shown(const Receiver& receiver) const {
    if (!receiver.pause) return {{receiver.starts, scenario_.length}};
    return {{receiver.starts, receiver.pause->from}, {receiver.pause->until, scenario_.length}};
  }

  void measure_bursts(Figures& out) const {
    std::vector<int> packets;
    std::vector<double> shares;
    for (const WatchedFlow& flow : recording_.flows)
      for (const Burst& burst : flow.bursts) {
        packets.push_back(burst.packets);
        if (burst.allowance) shares.push_back(share_of_budget(burst));
      }
    out.burst_packets = percentile(packets, 0.99);
    if (!shares.empty()) out.burst_share = percentile(std::move(shares), 0.99);
  }

  std::optional<double> fairness() const {
    std::vector<double> bytes(recording_.flows.size() + recording_.long_tcp.size());
    if (bytes.size() < 2 || has_flows(true)) return std::nullopt;
    for (size_t i = static_cast<size_t>(scenario_.settled / Bin::kSpan); i < bins_; ++i) {
      bool all = true;
      for (size_t flow = 0; flow < recording_.flows.size(); ++flow) all = all && is_active(flow, begin_of(i));
      for (size_t flow = 0; all && flow < bytes.size(); ++flow)
        bytes[flow] += static_cast<double>(flow < recording_.flows.size()
                                               ? recording_.flows[flow].bins[i].arrived
                                               : recording_.long_tcp[flow - recording_.flows.size()][i]);
    }
    return jain(bytes);
  }

  const Scenario& scenario_;
  const Recording& recording_;
  size_t bins_;
  std::map<std::pair<size_t, int64_t>, Bitrate> best_;  // by receivers and capacity
};

}  // namespace

Figures measure(const Scenario& scenario, const Recording& recording) {
  return Measurement(scenario, recording).figures();
}

int most_flaps(std::span<const WatchedConsumer::Layers> changes, Duration from) {
  const auto rises = [&](size_t i) {
    return std::pair(changes[i].spatial, changes[i].temporal) >
           std::pair(changes[i - 1].spatial, changes[i - 1].temporal);
  };
  std::vector<Duration> flaps;
  for (size_t i = 2; i < changes.size(); ++i)
    if (changes[i - 1].at >= from && changes[i].at - changes[i - 1].at <= kFlapWindow &&
        rises(i) != rises(i - 1))
      flaps.push_back(changes[i].at);
  std::ptrdiff_t most = 0;
  for (auto first = flaps.begin(); first != flaps.end(); ++first)
    most = std::max(most, std::ranges::lower_bound(first, flaps.end(), *first + kFlapWindow) - first);
  return static_cast<int>(most);
}

double share_of_budget(const Burst& burst) {
  return static_cast<double>(burst.bytes - burst.largest) /
         static_cast<double>(std::max<int64_t>(*burst.allowance, 1));
}

// In steps of a kilobit per second: which sums can be reached.
Bitrate best_fit(std::span<const std::vector<Bitrate>> ladders, Bitrate fixed, Bitrate capacity) {
  const auto in_kilobits = [](Bitrate rate) { return static_cast<size_t>((rate.bps + 999) / 1000); };
  const size_t limit = in_kilobits(capacity);
  std::vector<bool> reached(limit + 1);
  if (in_kilobits(fixed) <= limit) reached[in_kilobits(fixed)] = true;
  for (const std::vector<Bitrate>& ladder : ladders) {
    std::vector<bool> next(limit + 1);
    for (const Bitrate rate : ladder)
      for (size_t i = 0; i + in_kilobits(rate) <= limit; ++i)
        if (reached[i]) next[i + in_kilobits(rate)] = true;
    reached = std::move(next);
  }
  const auto best = std::find(reached.rbegin(), reached.rend(), true);
  if (best == reached.rend()) return capacity;
  return {static_cast<int64_t>(reached.rend() - best - 1) * 1000};
}

template <class Value>
Value percentile(std::vector<Value> values, double share) {
  if (values.empty()) return Value{};
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<ptrdiff_t>(std::max<size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}
template int percentile(std::vector<int>, double);
template double percentile(std::vector<double>, double);
template Duration percentile(std::vector<Duration>, double);

double jain(std::span<const double> rates) {
  double sum = 0, squares = 0;
  for (const double rate : rates) sum += rate, squares += rate * rate;
  return squares > 0 ? sum * sum / (static_cast<double>(rates.size()) * squares) : 0;
}

Freezes freezes(std::span<const Duration> decoded, Duration from, Duration until, Duration limit) {
  Freezes out;
  Duration last = from;
  const auto end_gap = [&](Duration at) {
    out.total += std::max<Duration>(at - last - limit, 0us);
    out.longest = std::max(out.longest, at - last);
    last = at;
  };
  for (const Duration at : decoded)
    if (at > from && at < until) end_gap(at);
  end_gap(until);
  return out;
}

std::vector<Bitrate> over_a_second(std::span<const int64_t> bins) {
  std::vector<Bitrate> out(bins.size());
  int64_t sum = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    sum += bins[i] - (i >= kBinsASecond ? bins[i - kBinsASecond] : 0);
    out[i] = Bitrate::of(sum, kSecond);
  }
  return out;
}

}  // namespace sfu::sim
