// The worker as a process of its own: the channel is file descriptor 3, a stream that the parent made.
#include <fcntl.h>
#include <signal.h>

#include <cstdio>
#include <cstring>

#include "host/host.hpp"

namespace {
constexpr int kChannel = 3;
}

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--version") == 0) return std::puts(CONSOMME_VERSION) < 0;
  if (fcntl(kChannel, F_GETFD) < 0) {
    std::fputs("consomme-worker is started by the consomme package, with a channel on file descriptor 3\n",
               stderr);
    return 2;
  }
  // The channel's end tells when to stop: a signal to the whole group must not stop the worker before that.
  signal(SIGINT, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  sfu::host::Host host(kChannel);
  return host.run();
}
