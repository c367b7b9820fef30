#include "bench/worker_thread.hpp"

#include "core/base/check.hpp"

namespace sfu::bench {

void WorkerThread::run() {
  while (!ends_) {
    loop_.wait(kLookUp);
    const net::UdpSocket::Counts& counts = loop_.counts();
    const std::lock_guard lock(mutex_);
    work_.turns = loop_.turns();
    work_.datagrams = counts.sent;
    work_.messages = counts.messages;
  }
}

WorkerThread::Work WorkerThread::work() {
  clockid_t clock{};
  timespec time{};
  CHECK(pthread_getcpuclockid(thread_.native_handle(), &clock) == 0 && clock_gettime(clock, &time) == 0);
  const std::lock_guard lock(mutex_);
  Work work = work_;
  work.nanoseconds = static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  return work;
}

}  // namespace sfu::bench
