#include "net/framing.hpp"

#include <algorithm>

namespace sfu::net {

std::optional<Bytes> Deframer::next(Bytes& in) {
  if (given_) partial_.clear();
  given_ = false;
  while (!broken_ && !in.empty()) {
    std::optional<Bytes> frame;
    if (partial_.empty()) frame = next_within(in);
    if (!frame) frame = next_across(in);
    if (frame && !frame->empty()) return frame;
  }
  in = {};
  return std::nullopt;
}

// Without a copy, when all of it is there.
std::optional<Bytes> Deframer::next_within(Bytes& in) const {
  if (in.size() < kFrameHead) return std::nullopt;
  const size_t size = load16(in.data());
  if (size > kMaxFrame || in.size() < kFrameHead + size) return std::nullopt;
  const Bytes frame = in.subspan(kFrameHead, size);
  in = in.subspan(kFrameHead + size);
  return frame;
}

std::optional<Bytes> Deframer::next_across(Bytes& in) {
  fill(in, kFrameHead);
  if (partial_.size() < kFrameHead) return std::nullopt;
  const size_t size = load16(partial_.data());
  broken_ = size > kMaxFrame;
  if (broken_) return std::nullopt;
  partial_.reserve(kFrameHead + size);
  fill(in, kFrameHead + size);
  if (partial_.size() < kFrameHead + size) return std::nullopt;
  given_ = size > 0;
  if (!given_) partial_.clear();
  return Bytes(partial_).subspan(given_ ? kFrameHead : 0);
}

// Until partial_ has as many bytes as wanted, or `in` none.
void Deframer::fill(Bytes& in, size_t wanted) {
  if (partial_.size() >= wanted) return;
  const Bytes more = in.first(std::min(wanted - partial_.size(), in.size()));
  partial_.insert(partial_.end(), more.begin(), more.end());
  in = in.subspan(more.size());
}

}  // namespace sfu::net
