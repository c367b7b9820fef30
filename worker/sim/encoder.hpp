// A model of what encoders send, for tests of layer selection: pictures in several streams or layers, with
// the descriptors of each codec, and beside them the truth: which frame rests on which. Written from the
// payload formats, and without the code that reads them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/random.hpp"

namespace sfu::sim {

inline constexpr uint8_t kSpatialLayers = 3;  // or streams

// How a codec is sent.
struct Mode {
  enum class Codec : uint8_t { kVp8, kH264, kH265, kVp9, kAv1 };
  // Streams of one spatial layer each; or layers that rest on those below, always, in key pictures only,
  // never.
  enum class Layers : uint8_t { kSimulcast, kFullSvc, kKSvc, kIndependent };
  std::string_view name;
  Codec codec;
  Layers layers;
  bool described = false;  // by dependency descriptors
  bool flexible = false;   // VP9: references are in the descriptor
  uint8_t temporal_layers = 3;

  bool simulcast() const { return layers == Layers::kSimulcast; }
  uint8_t streams() const { return simulcast() ? kSpatialLayers : 1; }
  uint8_t spatial_layers() const { return simulcast() ? 1 : kSpatialLayers; }
  std::string_view mime_type() const;
};

struct EncodedFrame {
  uint32_t id = 0;  // over all streams
  uint32_t picture = 0;
  uint8_t stream = 0;
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  bool key_picture = false;
  std::vector<uint32_t> references{};
  uint8_t packets = 0;
  int64_t first_sequence = 0;
  bool last_of_picture = false;
  uint16_t picture_id = 0;
  uint8_t tl0 = 0;
  uint16_t number = 0;     // of the dependency descriptor
  bool sync = false;       // rests on nothing of its temporal layer or above
  bool switch_up = false;  // nor does what follows above its temporal layer on such from before it
  bool is_key_frame() const { return references.empty(); }
};

struct EncodedPacket {
  uint8_t stream = 0;
  int64_t sequence = 0;
  uint32_t frame = 0;
  uint8_t index = 0;  // within the frame
  std::vector<uint8_t> bytes{};
};

// The end of each payload, by which a receiver knows what it got.
struct Content {
  uint32_t frame = 0;
  uint16_t index = 0;
};
std::optional<Content> content_of(Bytes payload);

class Encoder {
 public:
  static constexpr uint8_t kPayloadType = 96;
  static constexpr uint8_t kDescriptorId = 7;
  static constexpr uint32_t kTicks = 3000;  // of a picture, at 90 kHz

  Encoder(const Mode& mode, Random& random);

  static uint32_t ssrc(uint8_t stream) { return 1000u + stream; }
  // The next picture of all that is on.
  std::vector<EncodedPacket> encode();
  void request_key_frame(uint8_t stream) { streams_[stream].key_wanted = true; }
  // A stream. Of layers there are none above one that is off.
  void turn(uint8_t spatial, bool on);
  bool is_on(uint8_t spatial) const { return on_[spatial]; }

  const std::vector<EncodedFrame>& frames() const { return frames_; }
  uint32_t pictures() const { return picture_; }
  // Of the last picture.
  uint32_t timestamp(uint8_t stream) const { return streams_[stream].timestamp_base + picture_ * kTicks; }

 private:
  struct Layer {
    std::array<std::optional<uint32_t>, 3>
        last{};             // the frames that others may rest on, one a temporal layer
    bool was_sent = false;  // in the picture before
  };
  struct Stream {
    bool key_wanted = true;
    uint32_t position = 0;  // in the pattern 0 2 1 2
    uint32_t timestamp_base = 0;
    int64_t sequence = 0;
    uint16_t picture_id = 0;
    uint8_t tl0 = 0;
    uint16_t number = 0;
    uint8_t first_template = 0;
    bool tells_active = false;
    std::array<Layer, kSpatialLayers> layers{};
  };
  // What all layer frames of one picture have in common.
  struct Picture {
    uint8_t stream;
    uint8_t temporal;
    bool key;
    bool resets_own;  // rests on nothing of its own temporal layer; nor does what follows on such from before
    bool resets_above;  // likewise the layers above
  };

  void encode_stream(uint8_t index, std::vector<EncodedPacket>& out);
  Picture begin_picture(uint8_t index);
  EncodedFrame make_frame(const Picture& picture, uint8_t spatial, std::optional<uint32_t> below);
  bool rests_below(const Picture& picture) const;
  void packetize(const EncodedFrame& frame, std::vector<EncodedPacket>& out);
  std::vector<uint8_t> header(const EncodedFrame& frame, uint8_t index);
  std::vector<uint8_t> payload(const EncodedFrame& frame, uint8_t index) const;
  std::vector<uint8_t> vp8(const EncodedFrame& frame, bool first) const;
  std::vector<uint8_t> vp9(const EncodedFrame& frame, bool first, bool last) const;
  std::vector<uint8_t> h264(const EncodedFrame& frame, uint8_t index, bool last) const;
  std::vector<uint8_t> h265(const EncodedFrame& frame, uint8_t index, bool last) const;
  std::vector<uint8_t> av1(const EncodedFrame& frame, bool first) const;
  std::vector<uint8_t> descriptor(const EncodedFrame& frame, uint8_t index);
  uint32_t indication(const EncodedFrame& frame, uint8_t spatial, uint8_t temporal) const;

  Mode mode_;
  Random& random_;
  std::array<Stream, kSpatialLayers> streams_{};
  std::array<bool, kSpatialLayers> on_{true, true, true};
  std::vector<EncodedFrame> frames_;
  uint32_t picture_ = 0;
};

}  // namespace sfu::sim
