// Puts together messages that usrsctp hands over in parts. It does so one message after the other, as we ask
// for no interleaving. A message longer than `most` is discarded whole, and no more than `most` bytes are
// kept.
#pragma once

#include <utility>

#include "core/base/bytes.hpp"
#include "core/sctp/message.hpp"

namespace sfu::sctp {

class Reassembly {
 public:
  explicit Reassembly(size_t most) : most_(most) {}

  // The message that the part completes.
  std::optional<Message> add(uint16_t stream, uint32_t ppid, Bytes part, bool last) {
    if (begun_ && (stream != message_.stream || ppid != message_.ppid)) abandon();
    if (!begun_) message_ = {stream, ppid, {}};
    begun_ = !last;
    too_long_ = too_long_ || part.size() > most_ - message_.bytes.size();
    if (too_long_)
      message_.bytes = {};
    else
      message_.bytes.insert(message_.bytes.end(), part.begin(), part.end());
    if (!last) return std::nullopt;
    if (!too_long_) return std::exchange(message_, {});
    abandon();
    return std::nullopt;
  }

  // The rest of what was begun will not come.
  void abandon() {
    ++discarded_;
    message_ = {};
    begun_ = too_long_ = false;
  }
  bool begun() const { return begun_; }
  uint64_t discarded() const { return discarded_; }

 private:
  size_t most_;
  Message message_;
  bool begun_ = false;
  bool too_long_ = false;
  uint64_t discarded_ = 0;
};

}  // namespace sfu::sctp
