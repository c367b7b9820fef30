#include "host/process.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>

namespace sfu::host {
namespace {

bool is_stream_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

// Sockets and TCP connections are many; the customary soft limit of 1,024 descriptors is for users of
// select().
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Prepared prepare_process(const char* name, int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--version") == 0) return {false, std::puts(CONSOMME_VERSION) < 0};
  if (!is_stream_socket(kChannelDescriptor)) {
    std::fprintf(stderr, "%s is started by the consomme package, with a channel on file descriptor %d\n",
                 name, kChannelDescriptor);
    return {false, 2};
  }
  // The channel's end tells when to stop: a signal to the whole group must not stop the worker before that.
  signal(SIGINT, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  allow_many_descriptors();
  return {true, 0};
}

}  // namespace sfu::host
