#include "bench/bursts.hpp"

#include <algorithm>
#include <span>

#include "bench/broadcast.hpp"
#include "bench/load.hpp"
#include "core/base/check.hpp"
#include "core/bwe/pacer.hpp"
#include "host/host.hpp"

namespace sfu::bench {
namespace {

constexpr Duration kRounding = 8us;  // of abs-send-time, both ways

// What was allowed in the turn that sent the packet.
int64_t slot_of(const Viewer::Packet& packet, std::span<const WorkerLoop::Allowance> allowances) {
  using Allowance = WorkerLoop::Allowance;
  const auto first = std::ranges::lower_bound(allowances, packet.sent - kRounding, {}, &Allowance::at);
  int64_t most = -1;
  for (auto it = first; it != allowances.end() && it->at <= packet.sent + kRounding; ++it)
    most = std::max(most, it->bytes);
  CHECK(most >= 0);
  return most;
}

// A packet belongs to the burst of the one before it when `together` says so of the two.
template <class Together>
void split(std::span<const Viewer::Packet> packets, std::span<const int64_t> slots, Together together,
           std::vector<Burst>& into) {
  for (size_t i = 0; i < packets.size(); ++i) {
    if (i == 0 || !together(packets[i - 1], packets[i])) into.push_back({});
    into.back().add(packets[i].size, slots[i]);
  }
}

void slide(std::span<const Viewer::Packet> packets, std::span<const int64_t> slots,
           std::vector<Burst>& into) {
  for (size_t first = 0; first < packets.size(); ++first) {
    const Time end = packets[first].arrived + bwe::Pacer::kSlot;
    into.push_back({});
    for (size_t i = first; i < packets.size() && packets[i].arrived < end; ++i)
      into.back().add(packets[i].size, slots[i]);
  }
}

constexpr size_t kKeyFrameInterval = 60;
constexpr Duration kAfterwards = 500ms;  // until all has come

}  // namespace

void add_bursts(std::span<const Viewer::Packet> packets, std::span<const WorkerLoop::Allowance> allowances,
                Bursts& into) {
  using Packet = Viewer::Packet;
  std::vector<int64_t> slots;
  for (const Packet& packet : packets) slots.push_back(slot_of(packet, allowances));
  split(
      packets, slots, [](const Packet& a, const Packet& b) { return a.turn == b.turn; }, into.turns);
  split(
      packets, slots, [](const Packet& a, const Packet& b) { return b.arrived - a.arrived < kTogether; },
      into.arrivals);
  slide(packets, slots, into.windows);
}

Recording record_bursts(size_t viewers, int frames) {
  Broadcast broadcast({.viewers = viewers, .feedback = Viewer::Feedback::kTransportWide, .keeps = true});
  Audience audience;
  audience.add(broadcast);
  broadcast.start();
  Load load = Load::key_frames(kFrameBytes, kKeyFrameTimes, kKeyFrameInterval);
  const Time start = host::now();
  for (int i = 1; i <= frames; ++i) {
    const Frame frame = load.next();
    broadcast.send_frame(0, frame);
    audience.attend(start + kFrameInterval * i);
  }
  audience.attend(host::now() + kAfterwards);
  broadcast.stop();
  Recording recording{{}, std::ranges::min(broadcast.estimates()), broadcast.is_complete()};
  for (const Viewer& viewer : broadcast.viewers())
    add_bursts(viewer.packets(), broadcast.loop().allowances(viewer.transport()), recording.bursts);
  return recording;
}

}  // namespace sfu::bench
