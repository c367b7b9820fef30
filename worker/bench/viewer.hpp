// A client that watches streams: notes what comes of it and when, and gives transport-wide feedback as a
// browser does: every 50 to 100 ms, at a phase of its own, as SRTCP.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bench/client.hpp"
#include "core/bwe/arrivals.hpp"
#include "core/rtp/packet.hpp"
#include "core/srtp/sealer.hpp"

namespace sfu::bench {

class Viewer {
 public:
  using Feedback = Client::Feedback;
  struct Options {
    Feedback feedback = Feedback::kNone;
    Duration phase{};    // of its feedback
    bool keeps = false;  // each packet's times
  };
  // One datagram of RTP.
  struct Packet {
    uint32_t turn = 0;  // abs-send-time: the same for all that the worker sent in one turn
    Time sent{};        // what it says, to 4 us
    Time arrived{};     // at the kernel
    uint16_t size = 0;  // bytes above UDP
  };

  Viewer(WorkerLoop& worker, const dtls::Context& context, std::span<const uint32_t> producers,
         const Options& options);

  const LoopbackSocket& socket() const { return socket_; }
  uint32_t transport() const { return transport_; }
  void read();
  Time feedback_due() const { return due_; }
  void feed_back(const Address& worker, Time now);

  uint64_t media_packets() const { return media_packets_; }
  void count_anew() { media_packets_ = 0; }
  const std::vector<Packet>& packets() const { return packets_; }
  // Of the last media packet of that producer, decrypted.
  Bytes last_content(size_t producer) const;

 private:
  static constexpr Duration kTick = bwe::Arrivals::kShortInterval;

  struct Stream {
    uint32_t ssrc;
    std::unique_ptr<rtp::Packet> last = std::make_unique<rtp::Packet>();
  };
  void note(Time arrived);

  Options options_;
  LoopbackSocket socket_;
  srtp::Profile profile_{};
  std::optional<srtp::SendKeys> send_keys_;
  std::optional<srtp::Opener> opener_;
  uint32_t transport_ = 0;
  std::vector<Stream> streams_;
  std::unique_ptr<rtp::Packet> packet_ = std::make_unique<rtp::Packet>();
  rtp::ExtensionTable extensions_;
  bwe::Arrivals arrivals_;
  Time due_ = kNever;
  uint64_t media_packets_ = 0;
  std::vector<Packet> packets_;
};

}  // namespace sfu::bench
