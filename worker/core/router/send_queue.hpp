// What a transport has to send and has not yet: audio before retransmissions before video (what was lost is
// older than what is new), each in its order.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/router/send_job.hpp"

namespace sfu {

class SendQueue {
 public:
  enum class Class : uint8_t { kAudio, kRepair, kVideo, kCount };

  void push(Class of, SendJob job) {
    Line& line = lines_[index(of)];
    line.jobs.push_back(std::move(job));
    ++size_;
  }
  // The first class that has anything; kCount: none has.
  Class first() const {
    size_t at = 0;
    while (at < lines_.size() && lines_[at].empty()) ++at;
    return static_cast<Class>(at);
  }
  const SendJob& front(Class of) const { return lines_[index(of)].front(); }
  void pop(Class of) {
    Line& line = lines_[index(of)];
    ++line.done;
    --size_;
    if (line.empty()) {
      line.clear();
    } else if (line.done >= kTidy && line.done * 2 >= line.jobs.size()) {
      line.jobs.erase(line.jobs.begin(), line.jobs.begin() + static_cast<ptrdiff_t>(line.done));
      line.done = 0;
    }
  }
  void remove(const Consumer& consumer) {
    for (Line& line : lines_)
      size_ -= line.remove([&](const SendJob& job) { return job.consumer == &consumer; });
  }

  // What was given up of a consumer's video: the packets that would have gone out as first to last.
  struct GivenUp {
    Consumer* consumer = nullptr;
    uint64_t first = 0, last = 0;
    bool key_frame_follows = false;  // with what is still queued; else nothing is
  };
  // Video that has waited for longer than kPatience delays what is worth more: it is given up as far as the
  // last key frame of its consumer that is waiting. Where there is none the client would have to wait for a
  // new one, so that must be worth it.
  static constexpr Duration kPatience = 400ms, kPatienceWithoutKeyFrame = 2s;
  std::optional<GivenUp> give_up_video(Time now) {
    Line& line = lines_[index(Class::kVideo)];
    if (line.empty()) return std::nullopt;
    const Duration waited = now - line.front().packet->arrival;
    if (waited <= kPatience) return std::nullopt;
    GivenUp out{.consumer = line.front().consumer, .first = line.front().index, .last = line.front().index};
    uint64_t key_frame = UINT64_MAX;
    for (size_t at = line.done; at < line.jobs.size(); ++at) {
      const SendJob& job = line.jobs[at];
      const rtp::Frame& frame = job.packet->frame;
      if (job.consumer == out.consumer && frame.key_frame && frame.begins) key_frame = job.index;
    }
    out.key_frame_follows = key_frame != UINT64_MAX && key_frame != out.first;
    if (!out.key_frame_follows && waited <= kPatienceWithoutKeyFrame) return std::nullopt;
    give_up(line, out, out.key_frame_follows ? key_frame : UINT64_MAX);
    return out;
  }
  // What is older than this and a round trip is sent again no more: after a link has become narrow there is
  // much of it, and it goes before what is new. A client that still misses it asks for a key frame.
  static constexpr Duration kRepairAge = 500ms;
  void give_up_repairs(Time now, Duration rtt) {
    size_ -= lines_[index(Class::kRepair)].remove(
        [&](const SendJob& job) { return now - job.packet->arrival > kRepairAge + rtt; });
  }
  std::optional<GivenUp> give_up_video_of(Consumer& consumer) {
    GivenUp out{.consumer = &consumer, .first = UINT64_MAX};
    give_up(lines_[index(Class::kVideo)], out, UINT64_MAX);
    return out.first == UINT64_MAX ? std::nullopt : std::optional(out);
  }
  void clear() {
    for (Line& line : lines_) line.clear();
    size_ = 0;
  }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kTidy = 64;  // jobs done that are worth moving the others for

  struct Line {
    std::vector<SendJob> jobs;
    size_t done = 0;  // jobs before this one were taken: a batch is emptied without moving any

    bool empty() const { return done == jobs.size(); }
    const SendJob& front() const { return jobs[done]; }
    void clear() {
      jobs.clear();
      done = 0;
    }
    // How many went.
    size_t remove(auto&& which) {
      const auto begin = jobs.begin() + static_cast<ptrdiff_t>(done);
      const auto end = std::remove_if(begin, jobs.end(), which);
      const auto count = static_cast<size_t>(jobs.end() - end);
      jobs.erase(end, jobs.end());
      if (empty()) clear();
      return count;
    }
  };
  void give_up(Line& line, GivenUp& out, uint64_t end) {
    size_ -= line.remove([&](const SendJob& job) {
      if (job.consumer != out.consumer || job.index >= end) return false;
      out.first = std::min(out.first, job.index);
      out.last = std::max(out.last, job.index);
      return true;
    });
  }
  static size_t index(Class of) { return static_cast<size_t>(of); }

  std::array<Line, static_cast<size_t>(Class::kCount)> lines_;
  size_t size_ = 0;
};

}  // namespace sfu
