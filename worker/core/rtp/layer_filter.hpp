// Which packets of a stream one receiver gets, and which of them ends its picture. The layers that are wanted
// come into force where what is sent stays decodable; until then it goes on as it was.
//
// What it says of a packet it says again for as long as it remembers (OperatingPoints).
#pragma once

#include <optional>

#include "core/rtp/dependency_layers.hpp"
#include "core/rtp/operating_points.hpp"
#include "core/rtp/picture_layers.hpp"

namespace sfu::rtp {

class LayerFilter {
 public:
  // The layers to go to. kAll: no matter, all that come.
  void want(uint8_t spatial, uint8_t temporal) { wanted_ = {.spatial = spatial, .temporal = temporal}; }
  // From now on packets of `stream`, the caller's name for it, beginning with a key frame. `structure` is
  // that of the stream's descriptors, or null, as below.
  void start(uint32_t stream, const Packet& first, const ActiveStructure* structure);
  Passage pass(const Packet& packet, const ActiveStructure* structure);
  // As pass() said. nullopt: forgotten, or never said.
  std::optional<Passage> again(uint32_t stream, const Packet& packet) const;

  const OperatingPoint& point() const { return points_.newest(); }
  // What it takes to get to layers that are being sent: nothing, but the next picture; a switching point of
  // the encoder's; a key frame.
  enum class Lacks : uint8_t { kNothing, kSwitchPoint, kKeyFrame };
  Lacks lacks(uint8_t spatial, uint8_t temporal, const ActiveStructure* structure) const;

 private:
  void note_number(const Frame& frame);
  void on_frame(const Packet& packet, uint64_t name, const ActiveStructure* structure);
  void forget_descriptors(OperatingPoint& point);
  OperatingPoint after_picture(OperatingPoint point) const;
  bool is_cut(const OperatingPoint& point) const;

  OperatingPoints points_;
  PictureLayers pictures_;
  DependencyLayers dependencies_;
  OperatingPoint wanted_;
  OperatingPoint goal_;                    // wanted_, as it was at the picture's begin
  std::optional<uint16_t> newest_number_;  // frame number of a descriptor, as it goes out
  uint32_t stream_ = 0;
  int64_t newest_ = 0;                  // packet
  uint64_t newest_frame_ = 0;           // its name
  uint32_t timestamp_ = 0;              // of the newest picture
  bool key_picture_ = false;            // it began with a key frame
  bool marked_ = false;                 // its marker has come
  uint8_t top_ = OperatingPoint::kAll;  // the spatial layer that the last marker was on; kAll: none came
};

}  // namespace sfu::rtp
