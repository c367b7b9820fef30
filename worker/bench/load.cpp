#include "bench/load.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "bench/source.hpp"

namespace sfu::bench {
namespace {

constexpr std::array<uint16_t, 120> kEncoded = {
    33537, 2866, 4161, 4970, 5178, 5766, 5336, 5061, 6065, 5430, 5017, 5155, 5622, 6115, 5380,
    5211,  5430, 5810, 5437, 5670, 5219, 5864, 5639, 5428, 5825, 5612, 5694, 5811, 5824, 5473,
    5712,  6006, 5735, 5810, 5711, 5658, 6307, 5998, 5627, 5506, 6243, 5760, 5832, 5598, 6069,
    6346,  5537, 5875, 5734, 6063, 6164, 5892, 5942, 5679, 5590, 6459, 5924, 5696, 5993, 6178,
    5902,  6147, 5998, 6130, 6314, 6113, 6005, 6572, 5542, 6170, 6091, 6430, 6032, 5967, 6150,
    6544,  6008, 6115, 6341, 6481, 6200, 6217, 6022, 6105, 6232, 5986, 6233, 6346, 6352, 5811,
    6227,  6866, 6354, 6408, 6409, 6461, 6007, 6641, 6243, 6332, 6279, 6291, 6343, 6260, 6426,
    6262,  6218, 6493, 6510, 6372, 6458, 6438, 6319, 6469, 6509, 6624, 6216, 6323, 6412, 6333};

}  // namespace

Load Load::full_packets(size_t packets) {
  return {std::to_string(packets) + " packets a frame", {{packets * Source::kContent, false}}};
}

Load Load::encoder() {
  std::vector<Frame> frames;
  for (const uint16_t bytes : kEncoded) frames.push_back({bytes, frames.empty()});
  return {"an encoder's frames", std::move(frames)};
}

Load Load::key_frames(size_t bytes, size_t times, size_t interval) {
  std::vector<Frame> frames(interval, {bytes, false});
  frames.front() = {bytes * times, true};
  return {"large key frames", std::move(frames)};
}

Load Load::from(size_t first) const {
  Load later = *this;
  later.next_ = first % frames_.size();
  return later;
}

Frame Load::next() {
  Frame frame = frames_[next_];
  next_ = (next_ + 1) % frames_.size();
  frame.key |= std::exchange(fresh_, false);
  return frame;
}

}  // namespace sfu::bench
