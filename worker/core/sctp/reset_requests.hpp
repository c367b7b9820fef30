// usrsctp remembers each request to reset streams (RFC 6525, 4.1) until the data before it has come, and does
// not mind how many: a remote that sends requests ahead of data which it never sends fills our memory. A
// remote may have one under way (5.1.2), and repeats it under a new number while it is deferred, so a few are
// usual. This counts them.
#pragma once

#include "core/base/bytes.hpp"

namespace sfu::sctp {

class ResetRequests {
 public:
  // Whether the packet may be given to usrsctp.
  bool admit(Bytes packet);
  // usrsctp has done what one of them asked for.
  void done() { pending_ -= pending_ > 0 ? 1 : 0; }

  static constexpr size_t kMost = 256;

 private:
  void note(uint32_t number);

  size_t pending_ = 0;
  std::optional<uint32_t> last_;
};

}  // namespace sfu::sctp
