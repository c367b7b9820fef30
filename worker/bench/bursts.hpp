// How much of one transport came together, against what its pacer allows at one moment: its slot's bytes,
// rounded up to a whole packet.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "bench/viewer.hpp"

namespace sfu::bench {

struct Burst {
  int64_t bytes = 0;
  int64_t allowed = 0;

  void add(int64_t size, int64_t slot) {
    if (bytes <= slot) allowed = std::max(slot, bytes + size);
    bytes += size;
  }
  // 1: as much as is allowed.
  double share() const { return static_cast<double>(bytes) / static_cast<double>(allowed); }
};

struct Bursts {
  // What left in one turn of the worker, by the time written into each packet. The machine has no part in it.
  std::vector<Burst> turns;
  // What the kernel got with less than kTogether between one packet and the next.
  std::vector<Burst> arrivals;
  // What the kernel got within kSlot from each packet on. A bucket that is full and then filled again lets
  // two slots' worth pass here.
  std::vector<Burst> windows;
};

inline constexpr Duration kTogether = 1ms;

// Adds those of one transport's packets, in the order of arrival.
void add_bursts(std::span<const Viewer::Packet> packets, std::span<const WorkerLoop::Allowance> allowances,
                Bursts& into);

struct Recording {
  Bursts bursts;     // of all transports
  Bitrate estimate;  // in the end, the least
  bool complete = false;
};

inline constexpr size_t kFrameBytes = 5000, kKeyFrameTimes = 8;

// Sends so many frames to viewers whose estimate has to grow first, with a key frame every two seconds.
Recording record_bursts(size_t viewers, int frames);

}  // namespace sfu::bench
