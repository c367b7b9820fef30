// A worker's loop on a thread of its own, which waits as the host's does: for datagrams and deadlines.
#pragma once

#include <pthread.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "bench/worker_loop.hpp"

namespace sfu::bench {

class WorkerThread {
 public:
  // `loop` belongs to the thread until this is gone.
  explicit WorkerThread(WorkerLoop& loop) : loop_(loop), thread_([this] { run(); }) {}
  ~WorkerThread() {
    ends_ = true;
    thread_.join();
  }
  WorkerThread(const WorkerThread&) = delete;

  // What the thread has done so far.
  struct Work {
    double nanoseconds = 0;  // on a CPU
    uint64_t turns = 0;
    uint64_t datagrams = 0;
    uint64_t messages = 0;  // of sendmmsg: a run of datagrams each

    Work operator-(const Work& before) const {
      return {nanoseconds - before.nanoseconds, turns - before.turns, datagrams - before.datagrams,
              messages - before.messages};
    }
  };
  Work work();

 private:
  static constexpr Duration kLookUp = 100ms;  // until it sees that it is to end

  void run();

  WorkerLoop& loop_;
  std::atomic<bool> ends_{false};
  std::mutex mutex_;
  Work work_;  // without the time
  std::thread thread_;
};

}  // namespace sfu::bench
