// The worker inside Node: start() runs the host on a thread and gives back the other end of its channel, a
// connected stream socket, which JavaScript reads and writes as it does a process's (see ts/server/core).
#include <fcntl.h>
#include <napi.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "host/host.hpp"

namespace {

// The thread's writes to a channel that JavaScript closed must fail, not end the process.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Napi::Value start(const Napi::CallbackInfo& info) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw Napi::Error::New(info.Env(), "cannot make a socket pair for the worker's channel");
  std::thread([channel = ends[1]] {
    block_sigpipe();
    sfu::host::Host(channel).run();
  }).detach();
  return Napi::Number::New(info.Env(), ends[0]);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("start", Napi::Function::New(env, start));
  exports.Set("version", Napi::String::New(env, CONSOMME_VERSION));
  return exports;
}

}  // namespace

NODE_API_MODULE(consomme, init)
