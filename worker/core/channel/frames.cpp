#include "core/channel/frames.hpp"

namespace sfu::channel {

namespace {

constexpr size_t kHead = 4;

size_t load_size(const uint8_t* p) {
  return p[0] | size_t{p[1]} << 8 | size_t{p[2]} << 16 | size_t{p[3]} << 24;
}

}  // namespace

void FrameReader::push(Bytes chunk) {
  if (broken_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ = 0;
  buffer_.insert(buffer_.end(), chunk.begin(), chunk.end());
}

std::optional<Bytes> FrameReader::next() {
  Bytes rest = Bytes(buffer_).subspan(used_);
  if (broken_ || rest.size() < kHead) return std::nullopt;
  const size_t size = load_size(rest.data());
  broken_ = size > kMaxFrame;
  if (broken_ || rest.size() < kHead + size) return std::nullopt;
  used_ += kHead + size;
  return rest.subspan(kHead, size);
}

bool append_frame(Bytes message, std::vector<uint8_t>& out) {
  if (message.size() > kMaxFrame) return false;
  const size_t size = message.size();
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(size >> shift));
  out.insert(out.end(), message.begin(), message.end());
  return true;
}

}  // namespace sfu::channel
