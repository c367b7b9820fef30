// The sharing of one transport's bitrate among its consumers, once: what each could be sent goes into a
// ladder of rates, bwe::allocate() decides, and the consumers are told. The memory is kept for the next time.
#pragma once

#include <vector>

#include "core/bwe/allocator.hpp"
#include "core/router/consumer.hpp"

namespace sfu {

class Sharing {
 public:
  // A layer that was lost for want of bitrate is not tried again for so long, unless there is plenty.
  static constexpr Duration kHold = 10s;
  static constexpr double kMargin = 0.12, kMarginOfLost = 0.3;

  void clear();
  void add(Consumer& consumer, Time now);
  bool empty() const { return parts_.empty(); }
  // What all could use at most.
  Bitrate wanted() const;
  // What all take with the layers that they have.
  Bitrate taken() const;
  // What is given to all together.
  Bitrate share_out(Bitrate available, Turn& turn);

 private:
  struct Part {
    Consumer* consumer;
    size_t begin, end;  // of options_
  };
  void leave_out_slow_ones(size_t begin);
  bwe::Demand demand_of(const Part& part, Time now) const;
  void tell(const Part& part, const bwe::Demand& demand, Turn& turn) const;
  std::optional<size_t> highest_within(const Part& part, Layers layers) const;

  std::vector<Part> parts_;
  std::vector<LayerOption> options_;  // each consumer's, end to end
  std::vector<Bitrate> rates_;        // theirs
  std::vector<bwe::Demand> demands_;
};

}  // namespace sfu
