#include "core/bwe/allocator.hpp"

#include <algorithm>

namespace sfu::bwe {
namespace {

// A step that a stream has may go beyond what is left by as much as rates waver.
constexpr double kKept = 0.9;

Bitrate granted_rate(const Demand& demand) {
  return demand.granted ? demand.ladder[*demand.granted] : Bitrate{};
}

// What a step to `step` takes from what is left: more than it costs, where the stream does not have it yet.
Bitrate price(const Demand& demand, size_t step) {
  const Bitrate more = demand.ladder[step] - granted_rate(demand);
  const bool has_it = demand.current && step <= *demand.current;
  return has_it ? more * kKept : more + demand.ladder[step] * demand.margin;
}

size_t top(const Demand& demand) { return std::min(demand.ceiling, demand.ladder.size() - 1); }

Bitrate give_floors(std::span<Demand> demands, uint8_t tier, Bitrate left) {
  for (Demand& demand : demands) {
    if (demand.tier != tier || demand.ladder.empty()) continue;
    const size_t floor = std::min(demand.floor, top(demand));
    // Rather less than its floor than nothing.
    for (size_t step = floor + 1; step-- > 0;) {
      const bool last = step == 0 && !demand.yields;
      if (!last && price(demand, step) > left) continue;
      demand.granted = step;
      left -= demand.ladder[step];
      break;
    }
  }
  return left;
}

// Who has least for his weight and could have more.
Demand* neediest(std::span<Demand> demands, uint8_t tier, Bitrate left) {
  Demand* chosen = nullptr;
  double least = 0;
  for (Demand& demand : demands) {
    if (demand.tier != tier || !demand.granted || *demand.granted >= top(demand)) continue;
    if (price(demand, *demand.granted + 1) > left) continue;
    const double share = static_cast<double>(granted_rate(demand).bps) / std::max<uint8_t>(demand.weight, 1);
    if (chosen && share >= least) continue;
    chosen = &demand;
    least = share;
  }
  return chosen;
}

Bitrate give_steps(std::span<Demand> demands, uint8_t tier, Bitrate left) {
  while (Demand* demand = neediest(demands, tier, left)) {
    const size_t next = *demand->granted + 1;
    left -= demand->ladder[next] - granted_rate(*demand);
    demand->granted = next;
  }
  return left;
}

std::optional<uint8_t> next_tier(std::span<const Demand> demands, int below) {
  std::optional<uint8_t> next;
  for (const Demand& demand : demands)
    if (demand.tier < below && (!next || demand.tier > *next)) next = demand.tier;
  return next;
}

}  // namespace

Bitrate allocate(std::span<Demand> demands, Bitrate available) {
  for (Demand& demand : demands) demand.granted.reset();
  Bitrate left = available;
  for (auto tier = next_tier(demands, 256); tier; tier = next_tier(demands, *tier))
    left = give_floors(demands, *tier, left);
  for (auto tier = next_tier(demands, 256); tier; tier = next_tier(demands, *tier))
    left = give_steps(demands, *tier, left);
  return available - left;
}

}  // namespace sfu::bwe
