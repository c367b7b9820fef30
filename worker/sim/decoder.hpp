// When a receiver can show which frames of simulated video: a frame is decodable when all its packets are
// there and the frame that it refers to was decodable. It goes by the marks (picture_mark.hpp), not by what
// the payload format or RTP say.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "core/base/time.hpp"
#include "sim/picture_mark.hpp"

namespace sfu::sim {

class Decoder {
 public:
  // The frames, by number, that this packet makes decodable, in order.
  std::vector<PictureMark> receive(const PictureMark& packet, Time now);

  // Of the last frame that became decodable; nullopt: none yet.
  std::optional<Time> last_decoded() const { return last_decoded_; }

 private:
  static constexpr size_t kKept = 200;  // frames of a stream: nothing refers further back
  struct Frame {
    PictureMark mark;
    std::set<uint16_t> packets;
    bool decodable = false;
    bool complete() const { return packets.size() == mark.packets; }
  };
  using Stream = std::map<uint32_t, Frame>;

  static bool is_decodable(const Stream& stream, const Frame& frame);

  std::map<uint32_t, Stream> streams_;
  std::optional<Time> last_decoded_;
};

}  // namespace sfu::sim
