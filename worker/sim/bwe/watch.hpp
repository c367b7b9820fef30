// Watches one receiver of a scenario: what the core sends it, what arrives, and what can be decoded. It asks
// for a key frame as a browser does when it has not had a picture for a while.
#pragma once

#include <map>

#include "sim/bwe/recording.hpp"
#include "sim/decoder.hpp"
#include "sim/peer.hpp"

namespace sfu::sim {

class Watch {
 public:
  static constexpr Duration kPictureTimeout = 500ms;
  static constexpr int64_t kUnbounded = 10'000'000;  // bytes in a slot: 16 Gbit/s

  // Begins to watch what the receiver gets, from `start` on.
  Watch(World& world, Peer& receiver, Time start);
  Watch(const Watch&) = delete;

  void add(uint32_t consumer, size_t source, bool video);
  // At the end of each bin.
  void on_bin();
  void on_layers(uint32_t consumer, const channel::LayersChange& change);
  bool owns(uint32_t consumer) const { return consumers_.contains(consumer); }
  WatchedFlow take();

 private:
  struct Consumer {
    size_t at;  // in flow_.consumers
    Decoder decoder;
    Time added{};
    Time last_heard{};
    Time last_request{};
  };

  void on_crossing(const Link::Crossing& crossing);
  std::optional<int64_t> allowance();
  void on_heard(const HeardPacket& packet);
  void decode(Consumer& consumer, Bytes payload);
  void request_key_frames();
  Bin& bin() { return flow_.bins.back(); }
  Duration elapsed() const { return world_.now - start_; }

  World& world_;
  Peer& receiver_;
  Time start_;
  WatchedFlow flow_;
  std::map<uint32_t, Consumer> consumers_;
  Time burst_began_{};
};

}  // namespace sfu::sim
