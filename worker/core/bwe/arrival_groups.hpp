// Packets that left together, seen as one (draft-ietf-rmcat-gcc-02, 5.2): a burst of kBurst, and what arrived
// in one go behind it because something held it up. What is measured between two groups does not show how a
// frame is cut into packets.
#pragma once

#include <optional>

#include "core/base/time.hpp"

namespace sfu::bwe {

class ArrivalGroups {
 public:
  static constexpr Duration kBurst = 5ms;
  static constexpr Duration kMaxBurst = 100ms;
  // A group that is this much further from its predecessor on one side than on the other is a new beginning.
  static constexpr Duration kJump = 3s;

  struct Group {
    Time first_sent;
    Time sent;  // of the last packet
    Time first_arrived;
    Time arrived;

    Duration delay() const { return arrived - sent; }
  };
  struct Step {
    Group group;
    std::optional<Duration> delay_change;  // against the group before; nullopt: none to compare with
  };

  // The group that this packet, the first of the next one, has completed. A packet that was sent before the
  // current group is left out: it was reordered, and its own group has been measured.
  std::optional<Step> add(Time sent, Time arrived);

 private:
  bool belongs(Time sent, Time arrived) const;
  Step complete();

  std::optional<Group> current_;
  std::optional<Group> previous_;
};

}  // namespace sfu::bwe
