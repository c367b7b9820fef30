// Hosts on threads of this process, for the addon.
//
// exit() does not wait for threads: it destroys what is static, and OpenSSL's state, while they still use it.
// So these threads end first: the destructor waits for them, and whoever keeps this in a static makes it
// after all that a host uses and that is destroyed at exit.
#pragma once

#include <list>
#include <mutex>
#include <thread>

namespace sfu::host {

class HostThreads {
 public:
  HostThreads() = default;
  // Closes all channels, and waits until the threads have ended.
  ~HostThreads();
  HostThreads(const HostThreads&) = delete;
  HostThreads& operator=(const HostThreads&) = delete;

  // Runs a host with this end of a channel, and closes `life` when the host has let go of all that it had.
  // False: the system gives no thread, and both descriptors remain the caller's.
  bool start(int channel, int life);

 private:
  struct Running {
    explicit Running(int channel_end) : channel(channel_end) {}
    int channel;  // -1: the host has closed it, or is about to
    std::thread thread;
    bool ended = false;
  };

  void run(Running& me, int life);
  void join_ended();

  std::mutex lock_;
  std::list<Running> running_;
};

}  // namespace sfu::host
