#include "core/sctp/library.hpp"

#include <sys/time.h>
#include <usrsctp.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/flat_map.hpp"

namespace sfu::sctp {
namespace {

// So many closed addresses lie idle before one is used again, and a packet that still comes for a closed
// association finds nobody. They are never taken back from usrsctp: that would wake the one thread that it
// has even so, to look through all associations for users of that address.
constexpr size_t kIdleAddresses = 64;

// What a remote makes us say is bounded by what it sends and by its window; this is for the rest.
constexpr size_t kMostPackets = 4096;

struct Library {
  std::mutex lock;
  FlatMap<uintptr_t, Mailbox*> mailboxes;
  std::deque<uintptr_t> idle;
  uintptr_t last_address = 0;
  // The furthest that any worker has seen, and up to where timers ran; nothing while there is no association.
  std::optional<Time> now;
  Time timers_ran{};
  std::array<uint8_t, 65536> read_buffer;
  bool ready = false;
};

Library& library() {
  // Never destroyed, like usrsctp's own state: threads of other workers may outlive the statics.
  static Library* const instance = std::make_unique<Library>().release();
  return *instance;
}

int put(void* address, void* packet, size_t size, uint8_t, uint8_t) {
  Mailbox** mailbox = library().mailboxes.find(reinterpret_cast<uintptr_t>(address));
  if (!mailbox || (*mailbox)->size() >= kMostPackets) return 0;
  const auto* bytes = static_cast<const uint8_t*>(packet);
  (*mailbox)->emplace_back(bytes, bytes + size);
  return 0;
}

// Milliseconds and counts. The times are those of RFC 9260, 16, made shorter as for other WebRTC endpoints:
// the path below has a round trip of less than a second.
void set_up() {
  usrsctp_init_nothreads(0, put, nullptr);
  usrsctp_sysctl_set_sctp_rto_initial_default(500);
  usrsctp_sysctl_set_sctp_rto_min_default(400);
  usrsctp_sysctl_set_sctp_rto_max_default(60'000);
  usrsctp_sysctl_set_sctp_init_rto_max_default(60'000);
  usrsctp_sysctl_set_sctp_heartbeat_interval_default(30'000);
  usrsctp_sysctl_set_sctp_init_rtx_max_default(8);
  usrsctp_sysctl_set_sctp_assoc_rtx_max_default(10);
  usrsctp_sysctl_set_sctp_path_rtx_max_default(10);
  usrsctp_sysctl_set_sctp_initial_cwnd(10);  // RFC 6928
  // A burst is cut (RFC 9260, 6.1, D), not the congestion window with it: that would lose its size each time
  // one acknowledgement covers a whole flight.
  usrsctp_sysctl_set_sctp_max_burst_default(10);
  usrsctp_sysctl_set_sctp_use_cwnd_based_maxburst(0);
  // Enough for the chunks of a whole receive window; with the default of 512 two messages of 256 KiB, of
  // which a chunk each is missing, would fill the queue.
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(10 * 1024);
  // DTLS authenticates (RFC 8261, 6), there is one path, and ECN does not show through it.
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
}

}  // namespace

Inside::Inside() {
  library().lock.lock();
  if (!std::exchange(library().ready, true)) set_up();
}
Inside::~Inside() { library().lock.unlock(); }

void* Inside::open_address(Mailbox& mailbox) {
  Library& all = library();
  uintptr_t number = 0;
  if (all.idle.size() > kIdleAddresses) {
    number = all.idle.front();
    all.idle.pop_front();
  } else {
    number = ++all.last_address;
    usrsctp_register_address(reinterpret_cast<void*>(number));
  }
  all.mailboxes[number] = &mailbox;
  return reinterpret_cast<void*>(number);
}

void Inside::close_address(void* address) {
  Library& all = library();
  const auto number = reinterpret_cast<uintptr_t>(address);
  CHECK(all.mailboxes.erase(number));
  all.idle.push_back(number);
  // Nobody is left to have timers: whoever comes next may begin with another time, such as that of the next
  // simulation.
  if (all.mailboxes.empty()) all.now.reset();
}

void Inside::pass_time(Time now) {
  Library& all = library();
  if (!all.now) all.timers_ran = now;
  all.now = std::max(all.now.value_or(now), now);
  const Duration elapsed = *all.now - all.timers_ran;
  if (elapsed < kTick) return;
  const int64_t passed = milliseconds(elapsed);
  all.timers_ran += std::chrono::milliseconds(passed);
  usrsctp_handle_timers(static_cast<uint32_t>(passed));
}

MutableBytes Inside::read_buffer() { return library().read_buffer; }

}  // namespace sfu::sctp

// What usrsctp asks for the time. It takes 0 for "no time".
extern "C" int consomme_usrsctp_gettimeofday(timeval* out, void*) {
  const auto us = 1'000'000 + sfu::sctp::library().now.value_or(sfu::Time{}).time_since_epoch().count();
  out->tv_sec = static_cast<time_t>(us / 1'000'000);
  out->tv_usec = static_cast<suseconds_t>(us % 1'000'000);
  return 0;
}
