// What usrsctp would take from a remote, and should not be given.
//
// It remembers each request to reset streams (RFC 6525, 4.1) until the data before it has come, and does not
// mind how many: a remote that sends requests ahead of data which it never sends would fill our memory. One
// may be under way (5.1.2), but some repeat it under a new number while it is deferred, so a few are usual.
//
// It looks at all streams for each FORWARD-TSN. One says all that there is to say (RFC 3758, 3.5); a packet
// can hold a hundred.
#pragma once

#include "core/base/bytes.hpp"

namespace sfu::sctp {

class Admission {
 public:
  // Whether the packet may be given to usrsctp.
  bool admit(Bytes packet);
  // usrsctp has done what a request asked for.
  void reset_done() { pending_resets_ -= pending_resets_ > 0 ? 1 : 0; }

  static constexpr size_t kMostResets = 256;

 private:
  void note_requests(Bytes parameters);
  void note_request(uint32_t number);

  size_t pending_resets_ = 0;
  std::optional<uint32_t> last_request_;
};

}  // namespace sfu::sctp
