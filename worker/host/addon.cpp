// The worker inside Node: start() runs the host on a thread and gives back the other end of its channel, a
// connected stream socket, which JavaScript reads and writes as it does a process's (see ts/server/core), and
// the end of another one, which tells when the thread is gone.
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

bool make_pair(int (&ends)[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0; }

bool make_pairs(int (&channel)[2], int (&life)[2]) {
  if (!make_pair(channel)) return false;
  if (make_pair(life)) return true;
  for (const int end : channel) close(end);
  return false;
}

// Gives back two descriptors: the channel, and one that closes when the thread has let go of all that it had.
Napi::Value start(const Napi::CallbackInfo& info) {
  int channel[2], life[2];
  if (!make_pairs(channel, life))
    throw Napi::Error::New(info.Env(), "cannot make the socket pairs for the worker");
  std::thread([channel = channel[1], life = life[1]] {
    block_sigpipe();
    sfu::host::Host(channel).run();
    close(life);
  }).detach();
  Napi::Object started = Napi::Object::New(info.Env());
  started.Set("channel", channel[0]);
  started.Set("life", life[0]);
  return started;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("start", Napi::Function::New(env, start));
  exports.Set("version", Napi::String::New(env, CONSOMME_VERSION));
  return exports;
}

}  // namespace

NODE_API_MODULE(consomme, init)
