#include "core/rtp/sequence_map.hpp"

#include <algorithm>

namespace sfu::rtp {

namespace {

// A run longer than this moves its start up; nobody asks for what lies so far back.
constexpr int64_t kLongRun = 1 << 20;

}  // namespace

void SequenceMap::start(uint32_t stream, int64_t first, uint32_t offset) {
  drop_unused_runs();
  epochs_.push_back({stream, offset, first});
  newest_source_.reset();
  runs_.push_back({first, static_cast<uint32_t>(newest_ + 1), current_epoch()});
  forget_oldest();
}

std::optional<int64_t> SequenceMap::forward(int64_t sequence) {
  const auto run = run_of(sequence);
  const auto outgoing = run ? in_run(*run, sequence) : std::nullopt;
  if (!outgoing) return std::nullopt;
  newest_ = std::max(newest_, *outgoing);
  if (!newest_source_ || sequence > *newest_source_) {
    newest_source_ = epochs_.back().newest_source = sequence;
    shorten_long_run();
  }
  return outgoing;
}

bool SequenceMap::skip(int64_t sequence) {
  const auto run = run_of(sequence);
  if (!run || !in_run(*run, sequence)) return true;  // it has none
  if (newest_source_ && sequence <= *newest_source_) return false;
  take_number_back(*run, sequence);
  return true;
}

std::optional<int64_t> SequenceMap::find(uint32_t stream, int64_t sequence) const {
  for (size_t i = runs_.size(); i-- > 0;) {
    if (epoch_of(runs_[i]).stream != stream || runs_[i].source > sequence) continue;
    const auto outgoing = in_run(i, sequence);
    return outgoing && *outgoing <= newest_ ? outgoing : std::nullopt;
  }
  return std::nullopt;
}

std::optional<SequenceMap::Source> SequenceMap::source_of(int64_t outgoing) const {
  if (outgoing > newest_) return std::nullopt;
  for (size_t i = runs_.size(); i-- > 0;) {
    const int64_t distance = outgoing - unwrapped(runs_[i].outgoing);
    if (distance < 0) continue;
    const Epoch& epoch = epoch_of(runs_[i]);
    return Source{epoch.stream, runs_[i].source + distance, epoch.offset};
  }
  return std::nullopt;
}

std::optional<int64_t> SequenceMap::newest_source(uint32_t stream) const {
  for (size_t i = epochs_.size(); i-- > 0;)
    if (epochs_[i].stream == stream) return epochs_[i].newest_source;
  return std::nullopt;
}

int64_t SequenceMap::unwrapped(uint32_t outgoing) const {
  return newest_ + static_cast<int32_t>(outgoing - static_cast<uint32_t>(newest_));
}

// nullopt: the number would be the next run's, so `sequence` was skipped.
std::optional<int64_t> SequenceMap::in_run(size_t run, int64_t sequence) const {
  const int64_t outgoing = unwrapped(runs_[run].outgoing) + (sequence - runs_[run].source);
  if (run + 1 < runs_.size() && outgoing >= unwrapped(runs_[run + 1].outgoing)) return std::nullopt;
  return outgoing;
}

// Of the current stream.
std::optional<size_t> SequenceMap::run_of(int64_t sequence) const {
  for (size_t i = runs_.size(); i-- > 0 && runs_[i].epoch == current_epoch();)
    if (runs_[i].source <= sequence) return i;
  return std::nullopt;
}

// The runs behind it have given out nothing yet, and move up by one.
void SequenceMap::take_number_back(size_t at, int64_t sequence) {
  const uint32_t outgoing = static_cast<uint32_t>(*in_run(at, sequence));
  for (size_t i = at + 1; i < runs_.size(); ++i) --runs_[i].outgoing;
  const auto here = runs_.begin() + static_cast<std::ptrdiff_t>(at);
  if (here->source == sequence)
    ++here->source;
  else
    runs_.insert(here + 1, {sequence + 1, outgoing, current_epoch()});
  forget_oldest();
}

void SequenceMap::shorten_long_run() {
  Run& last = runs_.back();
  if (*newest_source_ - last.source < kLongRun) return;
  last.source += kLongRun / 2;
  last.outgoing += static_cast<uint32_t>(kLongRun / 2);
}

// Runs, and then epochs, that gave out nothing before the stream was left.
void SequenceMap::drop_unused_runs() {
  while (!runs_.empty() && unwrapped(runs_.back().outgoing) > newest_) runs_.pop_back();
  while (!epochs_.empty() && (runs_.empty() || runs_.back().epoch != current_epoch())) epochs_.pop_back();
}

void SequenceMap::forget_oldest() {
  if (runs_.size() > kMaxRuns) runs_.erase(runs_.begin());
  const auto used = static_cast<std::ptrdiff_t>(runs_.front().epoch - first_epoch_);
  epochs_.erase(epochs_.begin(), epochs_.begin() + used);
  first_epoch_ += static_cast<uint32_t>(used);
}

}  // namespace sfu::rtp
