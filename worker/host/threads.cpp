#include "host/threads.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

#include "host/host.hpp"

namespace sfu::host {
namespace {

// The thread's writes to a channel that the controller closed must fail, not end the process.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

HostThreads::~HostThreads() {
  {
    const std::lock_guard guard(lock_);
    for (const Running& each : running_)
      if (each.channel >= 0) shutdown(each.channel, SHUT_RDWR);
  }
  for (Running& each : running_) each.thread.join();
}

bool HostThreads::start(int channel, int life) {
  const std::lock_guard guard(lock_);
  join_ended();
  Running& added = running_.emplace_back(channel);
  try {
    added.thread = std::thread([this, &added, life] { run(added, life); });
    return true;
  } catch (const std::system_error&) {
    running_.pop_back();
    return false;
  }
}

void HostThreads::run(Running& me, int life) {
  block_sigpipe();
  {
    Host host(me.channel);
    host.run();
    const std::lock_guard guard(lock_);
    me.channel = -1;  // before the host closes it, and its number is another's
  }
  close(life);
  const std::lock_guard guard(lock_);
  me.ended = true;
}

void HostThreads::join_ended() {
  running_.remove_if([](Running& each) {
    if (each.ended) each.thread.join();
    return each.ended;
  });
}

}  // namespace sfu::host
