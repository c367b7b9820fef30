// Whatever a stream is cut into on its way, the same frames come out, each of a size that fits a packet slot.
#include <algorithm>
#include <vector>

#include "core/base/check.hpp"
#include "net/framing.hpp"

namespace {

using namespace sfu;
using Frames = std::vector<std::vector<uint8_t>>;

void cut(net::Deframer& deframer, Bytes chunk, Frames& out) {
  const std::vector<uint8_t> copy(chunk.begin(), chunk.end());
  Bytes in = copy;
  while (const auto frame = deframer.next(in)) {
    CHECK(!frame->empty() && frame->size() <= net::kMaxFrame);
    out.emplace_back(frame->begin(), frame->end());
  }
  CHECK(in.empty());
}

}  // namespace

// The first byte tells into what pieces the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = size_t{data[0]} + 1;
  const Bytes stream(data + 1, size - 1);
  net::Deframer whole, pieces;
  Frames all, some;
  cut(whole, stream, all);
  for (size_t at = 0; at < stream.size(); at += piece)
    cut(pieces, stream.subspan(at, std::min(piece, stream.size() - at)), some);
  CHECK(all == some);
  CHECK(whole.broken() == pieces.broken());
  return 0;
}
