#include "sim/bwe/json.hpp"

#include <algorithm>
#include <cstdio>

namespace sfu::sim {
namespace {

std::string json(int64_t value) { return std::to_string(value); }
std::string json(int value) { return std::to_string(value); }
std::string json(bool value) { return value ? "true" : "false"; }
std::string json(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}
std::string json(Duration value) { return json(milliseconds(value)); }
std::string json(Bitrate value) { return json(value.bps / 1000); }
// The names and titles of scenarios have nothing that JSON would have escaped.
std::string json(const std::string& value) { return '"' + value + '"'; }
template <class Value>
std::string json(const std::optional<Value>& value) {
  return value ? json(*value) : "null";
}

template <class Values, class Text>
std::string list(const Values& values, Text&& text) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ",") + text(value);
  return '[' + out + ']';
}

class Object {
 public:
  template <class Value>
  Object& add(const char* name, const Value& value) {
    return add_raw(name, json(value));
  }
  Object& add_raw(const char* name, const std::string& value) {
    text_ += (text_.empty() ? "" : ",") + ('"' + std::string(name) + "\":" + value);
    return *this;
  }
  std::string text() const { return '{' + text_ + '}'; }

 private:
  std::string text_;
};

std::string steps(const Hop& hop) {
  return list(hop.schedule, [](const Bottleneck::Step& step) {
    return Object().add("at", step.at).add("rate", step.rate).text();
  });
}

std::string changes(const WatchedConsumer& consumer) {
  return list(consumer.layers, [](const WatchedConsumer::Layers& layers) {
    return '[' + json(layers.at) + ',' + json(layers.spatial) + ',' + json(layers.temporal) + ']';
  });
}

std::string flow(const WatchedFlow& flow, const Receiver& receiver) {
  const auto curve = [&](auto&& value) {
    return list(flow.bins, [&](const Bin& bin) { return json(value(bin)); });
  };
  std::vector<WatchedConsumer> videos;
  std::ranges::copy_if(flow.consumers, std::back_inserter(videos), &WatchedConsumer::video);
  return Object()
      .add("backward", receiver.backward)
      .add_raw("sent", curve([](const Bin& bin) { return Bitrate::of(bin.sent, Bin::kSpan); }))
      .add_raw("estimate", curve([](const Bin& bin) { return bin.estimate; }))
      .add_raw("wait", curve([](const Bin& bin) { return bin.longest_wait; }))
      .add_raw("layers", list(videos, changes))
      .text();
}

std::string all(const Figures& figures) {
  return Object()
      .add("mediaUse", figures.media_use)
      .add("linkUse", figures.link_use)
      .add("to90Media", figures.to_90_media)
      .add("to90Estimate", figures.to_90_estimate)
      .add("waitMedian", figures.wait_median)
      .add("waitP95", figures.wait_p95)
      .add("overshoot", figures.overshoot)
      .add("queueLoss", figures.queue_loss)
      .add("layerChanges", figures.layer_changes)
      .add("mostFlaps", figures.most_flaps)
      .add("withoutPicture", figures.without_picture)
      .add("longestFreeze", figures.longest_freeze)
      .add("burstPackets", figures.burst_packets)
      .add("burstShare", figures.burst_share)
      .add("fairness", figures.fairness)
      .text();
}

}  // namespace

std::string to_json(const Scenario& scenario, const Recording& recording, const Figures& figures) {
  std::string flows;
  for (size_t i = 0; i < recording.flows.size(); ++i)
    flows += (i > 0 ? "," : "") + flow(recording.flows[i], scenario.receivers[i]);
  const auto rates = [](const std::vector<int64_t>& bins) {
    return list(bins, [](int64_t bytes) { return json(Bitrate::of(bytes, Bin::kSpan)); });
  };
  std::vector<std::vector<int64_t>> tcp = recording.long_tcp;
  tcp.insert(tcp.end(), recording.short_tcp.begin(), recording.short_tcp.end());
  return Object()
      .add("name", scenario.name)
      .add("title", scenario.title)
      .add("position", scenario.position)
      .add("length", scenario.length)
      .add("settled", scenario.settled)
      .add("bin", Duration(Bin::kSpan))
      .add("steady", scenario.steady)
      .add("fastStep", scenario.fast_step)
      .add("hasStep", scenario.step_up.has_value())
      .add_raw("video", json(std::ranges::any_of(
                            scenario.sources, [](const Source& source) { return !source.layers.empty(); })))
      .add_raw("forward", steps(scenario.forward))
      .add_raw("backward", scenario.backward ? steps(*scenario.backward) : "null")
      .add_raw("figures", all(figures))
      .add_raw("flows", '[' + flows + ']')
      .add_raw("tcp", list(tcp, rates))
      .text();
}

}  // namespace sfu::sim
