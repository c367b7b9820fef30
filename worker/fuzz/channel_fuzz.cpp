// Whatever decode() accepts is written back and read again the same; frames survive any cutting.
#include "core/base/check.hpp"
#include "core/channel/frames.hpp"
#include "core/channel/messages.gen.hpp"

namespace {

using namespace sfu;
using namespace sfu::channel;

template <class M>
void round_trip(Bytes in) {
  const auto message = decode<M>(in);
  if (!message) return;
  std::vector<uint8_t> once, twice;
  encode(*message, once);
  const auto again = decode<M>(once);
  CHECK(again.has_value());
  encode(*again, twice);
  CHECK(once == twice);
}

// The first byte is the size of the chunks.
void cut(Bytes in) {
  FrameReader reader;
  const size_t chunk = size_t{in[0]} + 1;
  for (Bytes rest = in.subspan(1); !rest.empty(); rest = rest.subspan(std::min(rest.size(), chunk))) {
    reader.push(rest.first(std::min(rest.size(), chunk)));
    while (const auto message = reader.next()) round_trip<Frame>(*message);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes in(data, size);
  each_request([&]<class M>() { round_trip<M>(in); });
  round_trip<Frame>(in);
  if (!in.empty()) cut(in);
  return 0;
}
