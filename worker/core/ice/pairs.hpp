// The candidate pairs of a lite agent: the paths on which the peer proved that it knows our password. At most
// kMost of them; a pointer into them lasts until the next add() or remove().
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/time.hpp"

namespace sfu::ice {

struct Pair {
  Path path;
  uint32_t priority = 0;          // PRIORITY of the peer's candidate
  Time checked;                   // when the last authenticated request came
  std::optional<Time> nominated;  // when the peer last nominated it, since the last restart
};

// Whether `a` is the better of two nominated pairs: UDP, then the higher priority (RFC 8445, 6.1.2.3).
bool outranks(const Pair& a, const Pair& b);

// Whether `a` and `b` are one pair to the peer, whose NAT gave it another address in between: two of its
// candidates never have the same priority (RFC 8445, 5.1.2).
bool is_rebinding(const Pair& a, const Pair& b);

class Pairs {
 public:
  static constexpr size_t kMost = 8;

  Pair* find(const Path& path);
  const Pair* find(const Path& path) const { return const_cast<Pairs*>(this)->find(path); }
  Pair& add(const Path& path);
  bool remove(const Path& path);
  bool full() const { return pairs_.size() >= kMost; }
  size_t size() const { return pairs_.size(); }

  // The pair checked longest ago, `spared` aside.
  const Pair* oldest(const std::optional<Path>& spared) const;
  // Of the pairs checked after `since`, the nominated one that outranks the others, else the one checked
  // last.
  const Pair* best(Time since) const;
  void forget_nominations();

 private:
  std::vector<Pair> pairs_;
};

}  // namespace sfu::ice
