// RFC 4571, 2: on a stream each packet stands behind its length, 16 bits in network order.
//
// A frame longer than a packet slot breaks the stream for good: no WebRTC stack sends one (its packets are
// made for a path's MTU), while what else comes to an open port begins with a "length" of 5,000 and more
// (TLS, HTTP, SSH). Once the lengths lie there is no way back to the next frame, so that skipping would only
// serve whoever wants us to read on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/rtp/packet.hpp"

namespace sfu::net {

inline constexpr size_t kFrameHead = 2;
inline constexpr size_t kMaxFrame = rtp::Packet::kCapacity;

// Cuts a stream that arrives in chunks of any size; holds at most one unfinished frame.
class Deframer {
 public:
  // The next whole frame that `in` begins or ends, never an empty one; `in` then starts behind it. Without
  // one all of `in` was taken. The frame lasts as long as `in`'s bytes and until the next call.
  std::optional<Bytes> next(Bytes& in);
  bool broken() const { return broken_; }

 private:
  std::optional<Bytes> next_within(Bytes& in) const;
  std::optional<Bytes> next_across(Bytes& in);
  void fill(Bytes& in, size_t wanted);

  std::vector<uint8_t> partial_;  // a frame with its head, as far as it has come
  bool given_ = false;            // partial_ is the frame that was given last
  bool broken_ = false;
};

}  // namespace sfu::net
