#include "host/host.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sfu::host {
namespace {

constexpr uint64_t kChannel = 0;  // sockets are numbered from 1

Random::Seed system_seed() {
  Random::Seed seed{};
  CHECK(getrandom(seed.data(), seed.size(), 0) == static_cast<ssize_t>(seed.size()));
  return seed;
}

uint32_t system_number() { return load32(system_seed().data()); }

uint64_t milliseconds_of(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000 + static_cast<uint64_t>(time.tv_usec) / 1000;
}

// How long epoll may sleep: to the deadline, rounded up so that it has come when we wake.
int sleep_until(Time deadline, Time now) {
  constexpr Duration kLongest = 60s;
  if (deadline <= now) return 0;
  const Duration span = deadline - now > kLongest ? kLongest : deadline - now;
  return static_cast<int>((span.count() + 999) / 1000);
}

}  // namespace

Time now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return Time(std::chrono::duration_cast<Duration>(std::chrono::seconds(at.tv_sec) +
                                                   std::chrono::nanoseconds(at.tv_nsec)));
}

Host::Host(int channel)
    : channel_(channel),
      poll_(epoll_create1(EPOLL_CLOEXEC)),
      sfu_(system_seed(), srtp::best_backend()),
      listeners_(system_number()) {
  CHECK(poll_.get() >= 0);
  fcntl(channel_.get(), F_SETFL, fcntl(channel_.get(), F_GETFL) | O_NONBLOCK);
  watch_channel();
}

Host::~Host() = default;

int Host::run() {
  while (open_) wait(now());
  return broken_ ? 1 : 0;
}

void Host::wait(Time before) {
  std::array<epoll_event, 64> ready{};
  const int count = epoll_wait(poll_.get(), ready.data(), static_cast<int>(ready.size()),
                               sleep_until(std::min({sfu_.deadline(), tend_at_, own_deadline()}), before));
  Turn turn{now(), outbox_, events_, drops_, unwritten_.size() - written_ > kFarBehind};
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<size_t>(i)];
    if (i > 0) {  // the one before took its time, and arrivals are told against this
      turn.now = now();
      act_if_due(turn);
    }
    if (event.data.u64 == kChannel) {
      if (event.events & EPOLLOUT) write_channel();
      if (event.events & ~static_cast<uint32_t>(EPOLLOUT)) read_channel(turn);
      continue;
    }
    on_ready(static_cast<uint32_t>(event.data.u64), event.events, turn);
  }
  if (sfu_.deadline() <= turn.now) {
    sfu_.wake(turn);
    flush(turn);
  }
  act_if_due(turn);
  if (tend_at_ <= turn.now) tend_connections(turn);
  end_broken(turn);
  write_events(turn);
  write_channel();
}

void Host::act_if_due(Turn& turn) {
  if (own_deadline() > turn.now) return;
  act(turn);
  flush(turn);
}

// ---- the channel

void Host::read_channel(Turn& turn) {
  std::array<uint8_t, 65536> chunk;
  const ssize_t size = read(channel_.get(), chunk.data(), chunk.size());
  if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
    open_ = false;
    return;
  }
  if (size < 0) return;
  frames_.push(Bytes(chunk).first(static_cast<size_t>(size)));
  while (const auto frame = frames_.next()) answer(*frame, turn);
  if (frames_.broken()) {
    broken_ = true;
    open_ = false;
  }
}

void Host::answer(Bytes frame, Turn& turn) {
  const auto message = channel::decode<channel::Frame>(frame);
  const auto* request = message ? std::get_if<channel::Request>(&message->kind) : nullptr;
  if (!request) return;
  std::optional<channel::Reply> reply = channel::dispatch_sfu(sfu_, *request, turn);
  if (!reply) reply = channel::dispatch_host(*this, *request, turn);
  if (!reply) reply = answer_more(*request, turn);
  if (!reply)
    reply = channel::refusal<channel::Reply>(
        request->id, Error::unsupported("request method " + std::to_string(request->method) + " is unknown"));
  flush(turn);
  write_events(turn);            // what happened before the reply is told before it
  if (request->id == 0) return;  // posted
  if (!channel::append_frame(channel::Frame{.kind = std::move(*reply)}, unwritten_)) {
    const Error too_long{Error::Code::kError, "the reply is too long for the channel"};
    const auto refusal = channel::refusal<channel::Reply>(request->id, too_long);
    CHECK(channel::append_frame(channel::Frame{.kind = refusal}, unwritten_));
  }
}

void Host::write_events(Turn& turn) {
  take_own(turn.events);
  for (channel::Event& event : turn.events)
    (void)channel::append_frame(channel::Frame{.kind = std::move(event)}, unwritten_);
  turn.events.clear();
}

void Host::write_channel() {
  while (written_ < unwritten_.size()) {
    const Bytes left = Bytes(unwritten_).subspan(written_);
    const ssize_t size = ::send(channel_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      if (errno != EAGAIN) open_ = false;
      break;
    }
    written_ += static_cast<size_t>(size);
  }
  // Let go of what is written, before it is the larger part: a reader that is never done must not make it
  // grow.
  if (written_ * 2 >= unwritten_.size()) {
    unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<ptrdiff_t>(written_));
    written_ = 0;
  }
  watch_channel();
}

void Host::watch_channel() {
  const size_t waiting = unwritten_.size() - written_;
  uint32_t wanted = waiting > 0 ? static_cast<uint32_t>(EPOLLOUT) : 0u;
  if (waiting < kMaxUnwritten) wanted |= EPOLLIN;
  if (wanted == channel_watched_) return;
  epoll_event event{.events = wanted, .data = {.u64 = kChannel}};
  epoll_ctl(poll_.get(), channel_watched_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, channel_.get(), &event);
  channel_watched_ = wanted;
}

// ---- requests

Result<channel::Listening> Host::handle(const channel::Listen& request, Turn& turn) {
  const uint32_t unused = new_number();
  const Result<uint32_t> number = listeners_.listen(request, unused);
  if (!number) return number.error();
  Listeners::Listener& listener = *listeners_.find(*number);
  if (*number == unused) {
    if (!watch_new(unused, listener.fd())) {
      (void)listeners_.unlisten(unused);
      return Error{Error::Code::kError, "listenInfos: the system does not let the worker watch more sockets"};
    }
    if (listener.udp() && !listener.udp()->uses_segments() && log_level_ >= channel::LogLevel::kWarn)
      turn.tell(0, channel::Log{channel::LogLevel::kWarn,
                                "this kernel has no UDP_SEGMENT: datagrams are sent one by one"});
  }
  return channel::Listening{*number, request.ip, listener.local().port};
}

Result<channel::Done> Host::handle(const channel::Unlisten& request, Turn& turn) {
  const auto done = listeners_.unlisten(request.socket);
  if (done && !listeners_.find(request.socket))
    for (const uint32_t connection : connections_.all_of(request.socket)) end(connection, turn);
  return done;
}

Result<channel::ResourceUsage> Host::handle(const channel::GetResourceUsage&, Turn&) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto count = [](long value) { return static_cast<uint64_t>(value); };
  return channel::ResourceUsage{.ru_utime = milliseconds_of(usage.ru_utime),
                                .ru_stime = milliseconds_of(usage.ru_stime),
                                .ru_maxrss = count(usage.ru_maxrss),
                                .ru_ixrss = count(usage.ru_ixrss),
                                .ru_idrss = count(usage.ru_idrss),
                                .ru_isrss = count(usage.ru_isrss),
                                .ru_minflt = count(usage.ru_minflt),
                                .ru_majflt = count(usage.ru_majflt),
                                .ru_nswap = count(usage.ru_nswap),
                                .ru_inblock = count(usage.ru_inblock),
                                .ru_oublock = count(usage.ru_oublock),
                                .ru_msgsnd = count(usage.ru_msgsnd),
                                .ru_msgrcv = count(usage.ru_msgrcv),
                                .ru_nsignals = count(usage.ru_nsignals),
                                .ru_nvcsw = count(usage.ru_nvcsw),
                                .ru_nivcsw = count(usage.ru_nivcsw)};
}

Result<channel::Done> Host::handle(const channel::SetLogLevel& request, Turn&) {
  log_level_ = request.level;
  return channel::Done{};
}

}  // namespace sfu::host
