// usrsctp itself, which is one for the whole process: its settings, its timers, its lock.
//
// Workers may be threads of one process. usrsctp has locks of its own, but with several threads inside they
// deadlock and its timers run into what another thread frees (github.com/sctplab/usrsctp, issues 649, 676 and
// 711). So one thread at a time is inside, and whatever usrsctp says it says under that one lock: there is no
// second lock that could be taken in another order. What it says to us may concern an association of another
// thread, and lies in that association's mailbox until its owner is inside.
//
// usrsctp's time is ours as well: deps/usrsctp/recipe.json gives its clock another name, which is defined
// here. By the operating system's clock it would take what a simulation has just sent for too young to be
// sent again, and a worker would have the same after a step of the wall clock.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"

namespace sfu::sctp {

// The packets of one association that are to be sent.
using Mailbox = std::vector<std::vector<uint8_t>>;

// Who holds one is inside usrsctp, alone.
class Inside {
 public:
  Inside();
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  // What usrsctp is to call an association by, until closed. It means nothing to usrsctp but where packets
  // go.
  void* open_address(Mailbox& mailbox);
  void close_address(void* address);

  // Lets time pass for all associations of the process, up to `now`, unless another thread was there before.
  void pass_time(Time now);

  // Where to read to: one for all, as only one reads.
  MutableBytes read_buffer();
};

// So often usrsctp's timers run: its own timer thread does the same.
inline constexpr Duration kTick = 10ms;

}  // namespace sfu::sctp
