#include "core/bwe/allocator.hpp"

#include <algorithm>

namespace sfu::bwe {
namespace {

// A step that a stream has may go beyond what is left by as much as rates waver.
constexpr double kKept = 0.9;

Bitrate granted_rate(const Demand& demand) {
  return demand.granted ? demand.ladder[*demand.granted] : Bitrate{};
}

bool has(const Demand& demand, size_t step) { return demand.current && step <= *demand.current; }

// What a step to `step` takes from what is left: more than it costs, where the stream does not have it yet.
Bitrate price(const Demand& demand, size_t step) {
  const Bitrate more = demand.ladder[step] - granted_rate(demand);
  return has(demand, step) ? more * kKept : more + demand.ladder[step] * demand.margin;
}

size_t top(const Demand& demand) { return demand.ladder.size() - 1; }

double share(const Demand& demand, size_t step) {
  return static_cast<double>(demand.ladder[step].bps) / std::max<uint8_t>(demand.weight, 1);
}

// The order of steps: a new one comes by the share that it leads to, one that a stream has by the share that
// it starts from. So equals do not take steps from each other in turn, and who has less still gets his.
double rank(const Demand& demand) {
  const size_t next = *demand.granted + 1;
  return has(demand, next) ? share(demand, *demand.granted) : share(demand, next);
}

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

// Whose next step comes first, of all that fit.
Demand* neediest(std::span<Demand> demands, uint8_t tier, Bitrate left) {
  Demand* chosen = nullptr;
  double least = 0;
  for (Demand& demand : demands) {
    if (demand.tier != tier || !demand.granted || *demand.granted >= top(demand)) continue;
    if (price(demand, *demand.granted + 1) > left) continue;
    if (chosen && rank(demand) >= least) continue;
    chosen = &demand;
    least = rank(demand);
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
