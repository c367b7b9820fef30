// Producers and many viewers of all of them, in real time: the worker on its own thread, the clients on the
// caller's, by an Audience.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "bench/load.hpp"
#include "bench/source.hpp"
#include "bench/viewer.hpp"
#include "bench/worker_thread.hpp"

namespace sfu::bench {

class Broadcast {
 public:
  struct Options {
    size_t viewers = 50;
    size_t producers = 1;  // each a client of its own
    Viewer::Feedback feedback = Viewer::Feedback::kNone;
    bool keeps = false;  // the times of all packets, and what the pacer allowed
  };
  explicit Broadcast(const Options& options);

  void start() { thread_.emplace(loop_); }
  void stop() { thread_.reset(); }
  WorkerThread::Work work() { return thread_->work(); }

  void send_frame(size_t producer, const Frame& frame);
  std::deque<Viewer>& viewers() { return viewers_; }
  const Address& address() const { return loop_.local(); }
  uint64_t packets_sent() const { return packets_sent_; }  // by all producers
  uint64_t packets_forwarded() const;                      // to all viewers, media only

  // Only from here on must every packet come: before the estimate has grown, video may be given up.
  void count_anew();

  // ---- when stopped
  // Every packet has come to every viewer, and the last is what was sent.
  bool is_complete() const;
  // What the worker believes each viewer's path to carry; nothing without feedback.
  std::vector<Bitrate> estimates();
  const WorkerLoop& loop() const { return loop_; }

 private:
  struct Publisher {
    LoopbackSocket socket;
    std::unique_ptr<Source> source{};
  };

  WorkerLoop loop_;
  std::deque<Publisher> publishers_;
  std::deque<Viewer> viewers_;
  uint64_t packets_sent_ = 0;
  std::optional<WorkerThread> thread_;
};

// The clients' end of several broadcasts: reads what comes, and gives the feedback that is due.
class Audience {
 public:
  void add(Broadcast& broadcast);
  void attend(Time until);

 private:
  struct Seat {
    Broadcast* broadcast;
    Viewer* viewer;
  };
  std::vector<Seat> seats_;
  Poll poll_;
};

}  // namespace sfu::bench
