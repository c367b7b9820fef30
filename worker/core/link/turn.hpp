// One batch of input being processed: when it happened, and where what follows from it goes.
// A function that takes Turn& may cause output; one that takes Time may not; one that takes neither is pure.
#pragma once

#include <vector>

#include "core/base/drops.hpp"
#include "core/base/outbox.hpp"
#include "core/base/time.hpp"
#include "core/channel/messages.gen.hpp"

namespace sfu {

struct Turn {
  Time now;
  Outbox& outbox;                       // datagrams, for the sockets
  std::vector<channel::Event>& events;  // notifications, for the controller
  Drops& drops;                         // why packets were dropped, counted
  // The controller has much to read still: it is told what changed, but no packets and messages.
  bool controller_behind = false;

  void drop(Drop why) { drops.count(why); }
  void tell(uint32_t target, auto&& body) { events.push_back({target, std::forward<decltype(body)>(body)}); }
};

}  // namespace sfu
