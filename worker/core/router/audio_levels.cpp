#include "core/router/audio_levels.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sfu {

void AudioLevels::on_level(uint32_t producer, uint8_t level) {
  Sum* sum = sums_.find(producer);
  if (!sum) return;
  sum->levels += level;
  ++sum->samples;
}

std::optional<channel::Volumes> AudioLevels::end_interval() {
  channel::Volumes out{volumes()};
  restart_interval();
  const bool told_volumes = std::exchange(told_volumes_, !out.volumes.empty());
  if (out.volumes.empty() && !told_volumes) return std::nullopt;
  return out;
}

void AudioLevels::restart_interval() {
  sums_.each([](uint32_t, Sum& sum) { sum = {}; });
}

std::vector<channel::Volume> AudioLevels::volumes() const {
  std::vector<channel::Volume> out;
  sums_.each([&](uint32_t producer, const Sum& sum) {
    if (sum.samples < needed_samples()) return;
    const auto average = static_cast<int32_t>((sum.levels + sum.samples / 2) / sum.samples);
    if (-average >= options_.threshold) out.push_back({.producer = producer, .volume = -average});
  });
  const auto louder = [](const channel::Volume& a, const channel::Volume& b) {
    return std::tuple(b.volume, a.producer) < std::tuple(a.volume, b.producer);
  };
  const size_t count = std::min(out.size(), options_.max_entries);
  std::partial_sort(out.begin(), out.begin() + static_cast<ptrdiff_t>(count), out.end(), louder);
  out.resize(count);
  return out;
}

// A few stray packets are no volume: a sender that pauses in silence (DTX) still sends one in 400 ms. So we
// ask for twice as many; a speaker sends more, even with the longest packets of Opus, 120 ms.
uint32_t AudioLevels::needed_samples() const {
  return std::max(2u, static_cast<uint32_t>(options_.interval / 200ms));
}

}  // namespace sfu
