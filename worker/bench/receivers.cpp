#include "bench/receivers.hpp"

#include <sched.h>

#include "core/base/check.hpp"
#include "core/rtcp/packet.hpp"

namespace sfu::bench {
namespace {

constexpr int kPatience = 10'000;  // yields of the CPU

}  // namespace

Receivers::Receivers(size_t count) : sockets_(count) {
  for (size_t i = 0; i < count; ++i) poll_.watch(sockets_[i].socket.fd(), i);
}

void Receivers::set_live(bool live) {
  live_ = live;
  if (reader_) reader_->join();
  reader_.reset();
  if (live) reader_.emplace([this] { read_as_they_come(); });
}

bool Receivers::have(uint64_t total) {
  for (int i = 0; i < kPatience && count() < total; ++i) {
    if (reader_)
      sched_yield();
    else
      for (Receiver& receiver : sockets_) read(receiver);
  }
  return count() >= total;
}

void Receivers::read_as_they_come() {
  constexpr int kLookUp = 20;  // ms until it sees that it is to end
  while (live_) poll_.each_ready(kLookUp, [&](size_t i) { read(sockets_[i]); });
}

void Receivers::read(Receiver& receiver) {
  std::array<uint8_t, 1600> datagram;
  uint64_t read = 0;
  while (const size_t size = receiver.socket.receive(datagram)) {
    if (rtcp::is_rtcp(Bytes(datagram).first(size))) continue;
    receiver.last = datagram;
    receiver.size = size;
    ++read;
  }
  count_.fetch_add(read, std::memory_order_release);
}

}  // namespace sfu::bench
