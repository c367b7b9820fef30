#include "core/ice/pairs.hpp"

#include <algorithm>

namespace sfu::ice {
namespace {

bool better_to_send_on(const Pair& a, const Pair& b) {
  if (a.nominated.has_value() != b.nominated.has_value()) return a.nominated.has_value();
  return a.nominated ? outranks(a, b) : a.checked > b.checked;
}

}  // namespace

bool outranks(const Pair& a, const Pair& b) {
  if (a.path.protocol != b.path.protocol) return a.path.protocol == Protocol::kUdp;
  return a.priority > b.priority;
}

bool is_rebinding(const Pair& a, const Pair& b) {
  return a.path.socket == b.path.socket && a.priority == b.priority && a.priority != 0;
}

Pair* Pairs::find(const Path& path) {
  const auto at = std::ranges::find(pairs_, path, &Pair::path);
  return at == pairs_.end() ? nullptr : &*at;
}

Pair& Pairs::add(const Path& path) {
  Pair& pair = pairs_.emplace_back();
  pair.path = path;
  return pair;
}

bool Pairs::remove(const Path& path) {
  return std::erase_if(pairs_, [&](const Pair& pair) { return pair.path == path; }) > 0;
}

const Pair* Pairs::oldest(const std::optional<Path>& spared) const {
  const Pair* oldest = nullptr;
  for (const Pair& pair : pairs_)
    if (pair.path != spared && (!oldest || pair.checked < oldest->checked)) oldest = &pair;
  return oldest;
}

const Pair* Pairs::best(Time since) const {
  const Pair* best = nullptr;
  for (const Pair& pair : pairs_)
    if (pair.checked > since && (!best || better_to_send_on(pair, *best))) best = &pair;
  return best;
}

void Pairs::forget_nominations() {
  for (Pair& pair : pairs_) pair.nominated.reset();
}

}  // namespace sfu::ice
