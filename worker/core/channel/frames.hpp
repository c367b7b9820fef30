// The channel is a byte stream of frames: a u32 length (little-endian), and that many bytes of one message.
// FrameReader cuts a stream that arrives in chunks of any size; it holds at most one unfinished frame.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/channel/wire.hpp"

namespace sfu::channel {

inline constexpr size_t kMaxFrame = 4 * 1024 * 1024;

class FrameReader {
 public:
  // Takes the next bytes of the stream; then call next() until it has nothing.
  void push(Bytes chunk);
  // The next whole frame's message, valid until the next push().
  std::optional<Bytes> next();
  // A frame was longer than kMaxFrame: the stream makes no sense any more, and next() gives nothing.
  bool broken() const { return broken_; }

 private:
  std::vector<uint8_t> buffer_;
  size_t used_ = 0;
  bool broken_ = false;
};

// Appends one frame with `message` to `out`; false, and `out` as it was, when it would be too long.
[[nodiscard]] bool append_frame(Bytes message, std::vector<uint8_t>& out);

template <class M>
requires(!std::convertible_to<M, Bytes>)
    [[nodiscard]] bool append_frame(const M& message, std::vector<uint8_t>& out) {
  std::vector<uint8_t> bytes;
  encode(message, bytes);
  return append_frame(Bytes(bytes), out);
}

}  // namespace sfu::channel
