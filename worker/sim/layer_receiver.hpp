// What one consumer's client got, judged by what the encoder knows: whether it can decode it, and whether the
// numbers, timestamps and picture ids have no gap that was not a loss.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "core/base/sequence.hpp"
#include "sim/encoder.hpp"

namespace sfu::sim {

class LayerReceiver {
 public:
  LayerReceiver(const Mode& mode, const Encoder& encoder, uint32_t ssrc)
      : mode_(mode), encoder_(encoder), ssrc_(ssrc) {}

  // A packet as it left for the client. `stint` counts how often it was paused.
  void receive(Bytes datagram, uint32_t stint);
  // The numbers to ask for again.
  std::vector<uint16_t> missing() const;
  // Frames that can be decoded, of what came completely; since the last call.
  std::vector<uint32_t> take_decoded();
  size_t packets() const { return got_.size(); }
  size_t empty_packets() const { return empty_; }

  // What reached the core, by stream and number, and in which order.
  struct Arrivals {
    std::array<std::set<int64_t>, kSpatialLayers> packets;
    std::array<std::set<uint32_t>, kSpatialLayers> pictures;
    std::array<std::set<uint32_t>, kSpatialLayers>
        disturbed_pictures;  // any of whose packets did not come in turn
    std::array<std::set<uint32_t>, kSpatialLayers>
        late_pictures;  // all of whose packets came behind later ones
  };
  // One sentence for each rule that was broken. `max_shift`: of timestamps, if the streams' clocks are known.
  std::vector<std::string> faults(const Arrivals& arrivals, std::optional<uint32_t> max_shift,
                                  uint32_t newest_picture) const;

 private:
  struct Got {
    uint32_t timestamp = 0;
    bool marker = false;
    bool empty = false;
    uint32_t frame = 0;
    uint16_t index = 0;
    uint16_t picture_id = 0;
    uint8_t tl0 = 0;
    std::optional<uint16_t> number{};  // of the dependency descriptor
    uint32_t stint = 0;
    std::vector<uint8_t> payload{};
  };
  // Of one picture, what was sent of it in one stint.
  struct Picture {
    uint32_t picture = 0;
    uint8_t stream = 0;
    uint32_t stint = 0;
    uint32_t epoch = 0;  // of one stream and stint
    std::vector<int64_t> numbers{};
  };
  const EncodedFrame& frame_of(const Got& got) const { return encoder_.frames()[got.frame]; }
  int64_t source_of(const Got& got) const { return frame_of(got).first_sequence + got.index; }
  bool arrived(const Arrivals& arrivals, const EncodedFrame& frame) const;
  std::vector<Picture> pictures() const;
  std::set<std::pair<uint32_t, uint32_t>> left_behind() const;  // by stint and number
  void check_frames(const Arrivals& arrivals, uint32_t newest_picture, std::vector<std::string>& out) const;
  void check_numbers(const Arrivals& arrivals, uint32_t newest_picture, std::vector<std::string>& out) const;
  void check_timestamps(std::optional<uint32_t> max_shift, std::vector<std::string>& out) const;
  void check_markers(const Arrivals& arrivals, uint32_t newest_picture, std::vector<std::string>& out) const;
  void check_frame_numbers(std::vector<std::string>& out) const;
  void check_picture_ids(const Arrivals& arrivals, std::vector<std::string>& out) const;

  Mode mode_;
  const Encoder& encoder_;
  uint32_t ssrc_;
  Unwrapper<uint16_t> order_;
  std::map<int64_t, Got> got_;
  std::map<uint32_t, size_t> of_frame_;  // packets
  std::set<uint32_t> decoded_;
  std::set<uint32_t> undecided_;  // complete, but not decodable so far
  std::vector<uint32_t> fresh_;
  size_t empty_ = 0;
  std::vector<std::string> changed_;
};

}  // namespace sfu::sim
