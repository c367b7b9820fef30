// What producers send in the measurements in real time: frames, 30 a second.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/time.hpp"

namespace sfu::bench {

inline constexpr Duration kFrameInterval{33'333};

struct Frame {
  size_t bytes = 0;
  bool key = false;
};

class Load {
 public:
  // Frames of so many full packets.
  static Load full_packets(size_t packets);
  // What libvpx made of a moving picture of 1280x720: VP8 in real time at 1.5 Mbit/s, with a key frame of
  // five times the mean every 4 s.
  static Load encoder();
  // Frames of one size, and a key frame every `interval` of them that is so many times as large.
  static Load key_frames(size_t bytes, size_t times, size_t interval);

  // The same, from its frame number `first` on.
  Load from(size_t first) const;

  const std::string& name() const { return name_; }
  // Over and over; the very first is a key frame.
  Frame next();

 private:
  Load(std::string name, std::vector<Frame> frames) : name_(std::move(name)), frames_(std::move(frames)) {}

  std::string name_;
  std::vector<Frame> frames_;
  size_t next_ = 0;
  bool fresh_ = true;
};

}  // namespace sfu::bench
