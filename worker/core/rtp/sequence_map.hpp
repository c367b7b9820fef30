// Numbers the packets (or pictures) that one receiver gets, while those of its sources are switched, skipped,
// lost and reordered. For what is forwarded:
//
//   outgoing(a) - outgoing(b) = a - b - skipped numbers between them     within one source
//   outgoing of the first after start() = newest outgoing + 1
//
// so a loss stays visible as a gap, and a skip does not. A number once given stands for the same source
// number for as long as it is remembered: the last kMaxRuns starts and skips, which source_of() inverts.
// A run is a stretch of source numbers that keep their distance to the outgoing ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sfu::rtp {

class SequenceMap {
 public:
  static constexpr size_t kMaxRuns = 64;

  struct Source {
    uint32_t stream = 0;
    int64_t sequence = 0;
    uint32_t offset = 0;  // as given to start()
  };

  explicit SequenceMap(int64_t first) : newest_(first - 1) {}

  // From now on numbers come from `stream`, the caller's name for it; those before `first` are not mapped.
  // `offset` is kept for source_of(). A stream keeps one number space under one name.
  void start(uint32_t stream, int64_t first, uint32_t offset);

  // The outgoing number of `sequence`, the same each time; nullopt if it was skipped, lies before the
  // stream's first one, or is too old.
  std::optional<int64_t> forward(int64_t sequence);

  // `sequence` will not be forwarded. False: its number can no longer be taken back, as a later one was, or
  // it itself: a gap stays, or something is to be sent in its place.
  bool skip(int64_t sequence);

  // As forward(), of any stream, for what was forwarded before.
  std::optional<int64_t> find(uint32_t stream, int64_t sequence) const;
  // nullopt: not given out, or forgotten. It may still be a loss.
  std::optional<Source> source_of(int64_t outgoing) const;

  bool started() const { return !epochs_.empty(); }
  int64_t newest() const { return newest_; }
  // The newest number of `stream` that was forwarded, or its first; to unwrap its numbers by.
  std::optional<int64_t> newest_source(uint32_t stream) const;

 private:
  struct Run {
    int64_t source;
    uint32_t outgoing;  // low bits: all that is remembered lies within 2^31 of the newest
    uint32_t epoch;
  };
  // From one start() to the next.
  struct Epoch {
    uint32_t stream;
    uint32_t offset;
    int64_t newest_source;
  };

  uint32_t current_epoch() const { return first_epoch_ + static_cast<uint32_t>(epochs_.size()) - 1; }
  const Epoch& epoch_of(const Run& run) const { return epochs_[run.epoch - first_epoch_]; }
  int64_t unwrapped(uint32_t outgoing) const;
  std::optional<int64_t> in_run(size_t run, int64_t sequence) const;
  std::optional<size_t> run_of(int64_t sequence) const;
  void take_number_back(size_t run, int64_t sequence);
  void shorten_long_run();
  void drop_unused_runs();
  void forget_oldest();

  int64_t newest_;
  std::optional<int64_t> newest_source_;  // since start(); nothing before the first is forwarded
  uint32_t first_epoch_ = 0;
  std::vector<Run> runs_;      // in the order of their outgoing numbers
  std::vector<Epoch> epochs_;  // those that runs_ refers to
};

}  // namespace sfu::rtp
