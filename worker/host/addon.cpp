// The worker inside Node: start() runs the host on a thread and gives back the other end of its channel, a
// connected stream socket, which JavaScript reads and writes as it does a process's (see ts/server/core), and
// the end of another one, which tells when the thread has let go of what it had.
#include <napi.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.hpp"
#include "host/threads.hpp"

namespace {

// exit() destroys what was made last first: these threads end before OpenSSL's state does.
sfu::host::HostThreads& threads() {
  static const bool openssl_is_ready = OPENSSL_init_ssl(0, nullptr) == 1;
  CHECK(openssl_is_ready);
  static sfu::host::HostThreads all;
  return all;
}

struct Pair {
  int ours = -1;
  int javascripts = -1;
};

bool open(Pair& pair) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  pair = {ends[0], ends[1]};
  return true;
}

void close(const Pair& pair) {
  if (pair.ours < 0) return;
  ::close(pair.ours);
  ::close(pair.javascripts);
}

// Gives back two descriptors: the channel, and one that closes when the thread has let go of all that it had.
Napi::Value start(const Napi::CallbackInfo& info) {
  Pair channel, life;
  if (!open(channel) || !open(life) || !threads().start(channel.ours, life.ours)) {
    close(channel);
    close(life);
    throw Napi::Error::New(info.Env(),
                           "the system gives the worker no thread, or no sockets to speak with it");
  }
  Napi::Object started = Napi::Object::New(info.Env());
  started.Set("channel", channel.javascripts);
  started.Set("life", life.javascripts);
  return started;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("start", Napi::Function::New(env, start));
  exports.Set("version", Napi::String::New(env, CONSOMME_VERSION));
  return exports;
}

}  // namespace

NODE_API_MODULE(consomme, init)
