// Cross traffic that behaves as TCP does: Reno with selective acknowledgement (RFC 5681, RFC 6675), its clock
// the acknowledgements that come back. Its data goes through a bottleneck, the acknowledgements do not. It
// sends for ever, or a number of bytes at a time.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "sim/agenda.hpp"
#include "sim/bottleneck.hpp"

namespace sfu::sim {

class TcpFlow {
 public:
  static constexpr size_t kSegment = 1460;
  static constexpr double kInitialWindow = 10;  // segments (RFC 6928)
  static constexpr Duration kMinTimeout = 200ms;
  static constexpr Duration kFirstTimeout = 1s;

  // `delay`: of propagation, each way.
  TcpFlow(Agenda& agenda, Bottleneck& bottleneck, Duration delay)
      : agenda_(agenda), bottleneck_(bottleneck), delay_(delay) {}
  TcpFlow(const TcpFlow&) = delete;

  // A new transfer begins, in slow start; `done` follows when all is acknowledged.
  void send(int64_t bytes, Time now, std::function<void(Time)> done = {});
  void send_for_ever(Time now) { send(INT64_MAX / 2, now); }

  int64_t delivered() const { return delivered_; }  // bytes, each once
  double window() const { return window_; }         // segments
  uint64_t retransmitted() const { return retransmitted_; }

 private:
  struct Segment {
    Time sent{};
    bool lost = false;
    bool again = false;  // sent more than once: says nothing of the round trip (RFC 6298, 3)
  };

  void fill_window(Time now);
  void transmit(int64_t number, Segment& segment, Time now);
  void on_ack(int64_t number, Time sent, Time now);
  void measure(Duration round_trip);
  void mark_lost(Time now);
  void reduce(int64_t lost);
  void grow();
  Duration timeout() const;
  void arm(Time now);
  void on_timeout(Time now);
  int64_t in_flight() const { return static_cast<int64_t>(pending_.size()) - lost_; }

  Agenda& agenda_;
  Bottleneck& bottleneck_;
  Duration delay_;
  std::function<void(Time)> done_;

  std::map<int64_t, Segment> pending_;  // sent, not acknowledged
  int64_t lost_ = 0;                    // of them, to be sent again
  int64_t next_ = 0;
  int64_t end_ = 0;  // segments to be sent in all
  int64_t newest_acked_ = -1;
  int64_t recovered_at_ = -1;  // until this is acknowledged a loss is the same congestion
  double window_ = kInitialWindow;
  double threshold_ = 1e9;
  std::optional<Duration> round_trip_;
  Duration variation_{0};
  int backoff_ = 0;
  uint64_t timer_ = 0;  // which of the timeouts that were set is the one that counts
  int64_t delivered_ = 0;
  uint64_t retransmitted_ = 0;
};

}  // namespace sfu::sim
