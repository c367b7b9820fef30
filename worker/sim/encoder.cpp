#include "sim/encoder.hpp"

#include <algorithm>
#include <utility>

#include "core/base/bytes.hpp"

namespace sfu::sim {
namespace {

constexpr std::array<uint8_t, 4> kPattern = {0, 2, 1, 2};
constexpr size_t kContentSize = 8;
constexpr uint32_t kMark = 0x5a;

class BitWriter {
 public:
  BitWriter& bits(size_t count, uint32_t value) {
    for (size_t i = count; i-- > 0; ++at_) {
      if (at_ % 8 == 0) out_.push_back(0);
      if (value >> i & 1) out_.back() = static_cast<uint8_t>(out_.back() | 0x80 >> at_ % 8);
    }
    return *this;
  }
  std::vector<uint8_t> take() { return std::move(out_); }

 private:
  std::vector<uint8_t> out_;
  size_t at_ = 0;
};

uint8_t byte(uint32_t value) { return static_cast<uint8_t>(value); }

void append16(std::vector<uint8_t>& out, uint32_t value) {
  out.push_back(byte(value >> 8));
  out.push_back(byte(value));
}

void append32(std::vector<uint8_t>& out, uint32_t value) {
  append16(out, value >> 16);
  append16(out, value);
}

}  // namespace

std::string_view Mode::mime_type() const {
  constexpr std::array<std::string_view, 5> kTypes = {"video/VP8", "video/H264", "video/H265", "video/VP9",
                                                      "video/AV1"};
  return kTypes[static_cast<size_t>(codec)];
}

std::optional<Content> content_of(Bytes payload) {
  if (payload.size() < kContentSize) return std::nullopt;
  const uint8_t* end = payload.data() + payload.size() - kContentSize;
  if (end[0] != kMark || end[7] != kMark) return std::nullopt;
  return Content{load32(end + 1), load16(end + 5)};
}

Encoder::Encoder(const Mode& mode, Random& random) : mode_(mode), random_(random) {
  for (Stream& stream : streams_) {
    stream.timestamp_base = random_.u32();
    stream.sequence = random_.below(65536);
    stream.picture_id = static_cast<uint16_t>(random_.below(1 << 15));
    stream.tl0 = byte(random_.below(256));
    stream.number = static_cast<uint16_t>(random_.below(65536));
    stream.first_template = byte(random_.below(64));
  }
}

void Encoder::turn(uint8_t spatial, bool on) {
  if (on_[spatial] == on) return;
  on_[spatial] = on;
  if (mode_.simulcast()) {
    streams_[spatial].key_wanted |= on;
    return;
  }
  for (uint8_t other = 1; other < kSpatialLayers; ++other)
    if (on ? other < spatial : other > spatial) on_[other] = on;
  streams_[0].tells_active = true;
  // A layer that rests on the one below can come back at any picture, others with a key picture.
  if (on && mode_.layers != Mode::Layers::kFullSvc) streams_[0].key_wanted = true;
}

std::vector<EncodedPacket> Encoder::encode() {
  std::vector<EncodedPacket> out;
  ++picture_;
  for (uint8_t i = 0; i < mode_.streams(); ++i)
    if (on_[i]) encode_stream(i, out);
  return out;
}

Encoder::Picture Encoder::begin_picture(uint8_t index) {
  Stream& stream = streams_[index];
  Picture picture{};
  picture.stream = index;
  picture.key = std::exchange(stream.key_wanted, false);
  if (picture.key) stream.position = 0;
  picture.temporal = mode_.temporal_layers == 1 ? uint8_t{0} : kPattern[stream.position % kPattern.size()];
  picture.resets_own = picture.key || (picture.temporal > 0 && random_.below(2) == 0);
  picture.resets_above = picture.key || random_.below(2) == 0;
  ++stream.position;
  stream.picture_id = (stream.picture_id + 1) & 0x7fff;
  if (picture.temporal == 0) ++stream.tl0;
  if (picture.key) stream.first_template = byte((stream.first_template + 9u) % 64);
  return picture;
}

void Encoder::encode_stream(uint8_t index, std::vector<EncodedPacket>& out) {
  const Picture picture = begin_picture(index);
  std::vector<EncodedFrame> frames;
  for (uint8_t spatial = 0; spatial < mode_.spatial_layers(); ++spatial) {
    Layer& layer = streams_[index].layers[spatial];
    const bool sent = mode_.simulcast() || on_[spatial];
    // A layer comes back where all that follows can rest on it.
    const bool returns = sent && !layer.was_sent && !picture.key;
    if (!sent || (returns && picture.temporal != 0)) {
      layer = {};
      continue;
    }
    const auto below = frames.empty() ? std::nullopt : std::optional(frames.back().id);
    frames.push_back(make_frame(picture, spatial, below));
  }
  frames.back().last_of_picture = true;
  for (EncodedFrame& frame : frames) {
    frames_[frame.id].last_of_picture = frame.last_of_picture;
    packetize(frames_[frame.id], out);
  }
}

bool Encoder::rests_below(const Picture& picture) const {
  return mode_.layers == Mode::Layers::kFullSvc || (mode_.layers == Mode::Layers::kKSvc && picture.key);
}

EncodedFrame Encoder::make_frame(const Picture& picture, uint8_t spatial, std::optional<uint32_t> below) {
  Stream& stream = streams_[picture.stream];
  Layer& layer = stream.layers[spatial];
  const uint8_t own = picture.temporal;
  if (picture.key) layer = {};
  if (picture.resets_above)
    for (size_t above = own + 1u; above < 3; ++above) layer.last[above].reset();
  if (picture.resets_own && own > 0) layer.last[own].reset();
  EncodedFrame frame{.id = static_cast<uint32_t>(frames_.size()),
                     .picture = picture_,
                     .stream = picture.stream,
                     .spatial = spatial,
                     .temporal = own,
                     .key_picture = picture.key,
                     .packets = byte(1 + random_.below(3)),
                     .first_sequence = stream.sequence,
                     .picture_id = stream.picture_id,
                     .tl0 = stream.tl0,
                     .number = stream.number++,
                     .sync = picture.resets_own && own > 0,
                     .switch_up = picture.resets_above};
  if (mode_.codec == Mode::Codec::kH264 || mode_.codec == Mode::Codec::kH265)
    if (picture.key) ++frame.packets;  // of the parameter sets
  stream.sequence += frame.packets;
  // A VP8 frame with Y rests on the base layer alone; else on the layer below its own, too.
  const bool base_only = mode_.codec == Mode::Codec::kVp8 && frame.sync;
  for (size_t i = 0; i <= own; ++i)
    if (layer.last[i] && (i == 0 || !base_only)) frame.references.push_back(*layer.last[i]);
  if (below && rests_below(picture)) frame.references.push_back(*below);
  layer.last[own] = frame.id;
  layer.was_sent = true;
  frames_.push_back(frame);
  return frame;
}

// ---- packets

void Encoder::packetize(const EncodedFrame& frame, std::vector<EncodedPacket>& out) {
  for (uint8_t i = 0; i < frame.packets; ++i) {
    EncodedPacket packet{frame.stream, frame.first_sequence + i, frame.id, i, header(frame, i)};
    const std::vector<uint8_t> body = payload(frame, i);
    packet.bytes.insert(packet.bytes.end(), body.begin(), body.end());
    packet.bytes.push_back(kMark);
    append32(packet.bytes, frame.id);
    append16(packet.bytes, i);
    packet.bytes.push_back(kMark);
    out.push_back(std::move(packet));
  }
}

std::vector<uint8_t> Encoder::header(const EncodedFrame& frame, uint8_t index) {
  const bool marker = frame.last_of_picture && index + 1 == frame.packets;
  std::vector<uint8_t> out = {byte(mode_.described ? 0x90 : 0x80), byte((marker ? 0x80 : 0) | kPayloadType)};
  append16(out, static_cast<uint32_t>(frame.first_sequence + index));
  append32(out, streams_[frame.stream].timestamp_base + frame.picture * kTicks);
  append32(out, ssrc(frame.stream));
  if (!mode_.described) return out;
  std::vector<uint8_t> value = descriptor(frame, index);
  append32(out, 0x10000000 | static_cast<uint32_t>((value.size() + 2 + 3) / 4));
  out.push_back(kDescriptorId);
  out.push_back(byte(static_cast<uint32_t>(value.size())));
  out.insert(out.end(), value.begin(), value.end());
  out.resize((out.size() + 3) & ~size_t{3});
  return out;
}

std::vector<uint8_t> Encoder::payload(const EncodedFrame& frame, uint8_t index) const {
  const bool first = index == 0, last = index + 1 == frame.packets;
  switch (mode_.codec) {
    case Mode::Codec::kVp8:
      return vp8(frame, first);
    case Mode::Codec::kVp9:
      return vp9(frame, first, last);
    case Mode::Codec::kH264:
      return h264(frame, index, last);
    case Mode::Codec::kH265:
      return h265(frame, index, last);
    case Mode::Codec::kAv1:
      return av1(frame, first);
  }
  return {};
}

// RFC 7741, 4.2, with all fields, or beside a dependency descriptor with none; then the frame's first byte.
std::vector<uint8_t> Encoder::vp8(const EncodedFrame& frame, bool first) const {
  std::vector<uint8_t> out = {byte((first ? 0x10 : 0) | (mode_.described ? 0 : 0x80))};
  if (!mode_.described) {
    out.push_back(0xe0);
    append16(out, 0x8000u | frame.picture_id);
    out.push_back(frame.tl0);
    out.push_back(byte(frame.temporal << 6 | (frame.sync ? 0x20 : 0)));
  }
  out.push_back(frame.is_key_frame() ? 0 : 1);
  return out;
}

// RFC 9628, 4.2
std::vector<uint8_t> Encoder::vp9(const EncodedFrame& frame, bool first, bool last) const {
  std::vector<uint32_t> differences;
  bool below = false;
  for (const uint32_t id : frame.references) {
    const EncodedFrame& other = frames_[id];
    below |= other.picture == frame.picture;
    if (other.picture != frame.picture)
      differences.push_back(static_cast<uint32_t>(frame.picture_id - other.picture_id) & 0x7fff);
  }
  const bool unused = frame.spatial + 1 == mode_.spatial_layers() ||
                      mode_.layers == Mode::Layers::kIndependent ||
                      (mode_.layers == Mode::Layers::kKSvc && !frame.key_picture);
  const bool flexible = mode_.flexible;
  std::vector<uint8_t> out = {byte(0x80 | (differences.empty() ? 0 : 0x40) | 0x20 | (flexible ? 0x10 : 0) |
                                   (first ? 0x08 : 0) | (last ? 0x04 : 0) | (unused ? 0x01 : 0))};
  append16(out, 0x8000u | frame.picture_id);
  out.push_back(
      byte(frame.temporal << 5 | (frame.switch_up ? 0x10 : 0) | frame.spatial << 1 | (below ? 1 : 0)));
  if (!flexible) out.push_back(frame.tl0);
  for (size_t i = 0; flexible && i < differences.size(); ++i)
    out.push_back(byte(differences[i] << 1 | (i + 1 < differences.size() ? 1 : 0)));
  return out;
}

// RFC 6184: parameter sets in a packet of their own, then the picture in one unit or its fragments.
std::vector<uint8_t> Encoder::h264(const EncodedFrame& frame, uint8_t index, bool last) const {
  const bool key = frame.is_key_frame();
  if (key && index == 0) return {0x67};
  const uint8_t type = key ? 5 : 1;
  const bool first = index == (key ? 1 : 0);
  if (first && last) return {byte(0x60 | type), 0x80};
  return {0x60 | 28, byte((first ? 0x80 : 0) | (last ? 0x40 : 0) | type), byte(first ? 0x80 : 0)};
}

// RFC 7798, likewise.
std::vector<uint8_t> Encoder::h265(const EncodedFrame& frame, uint8_t index, bool last) const {
  const bool key = frame.is_key_frame();
  const uint8_t id = byte(frame.temporal + 1u);
  if (key && index == 0) return {33 << 1, id};
  uint8_t type = key ? 19 : 1;
  if (frame.sync) type = frame.switch_up ? 3 : 5;  // TSA_R, STSA_R
  const bool first = index == (key ? 1 : 0);
  if (first && last) return {byte(type << 1), id, 0x80};
  return {49 << 1, id, byte((first ? 0x80 : 0) | (last ? 0x40 : 0) | type), byte(first ? 0x80 : 0)};
}

// One OBU with its extension, or the rest of it.
std::vector<uint8_t> Encoder::av1(const EncodedFrame& frame, bool first) const {
  if (!first) return {0x80 | 0x10};
  return {byte(0x10 | (frame.key_picture && frame.spatial == 0 ? 0x08 : 0)), 6 << 3 | 0x04,
          byte(frame.temporal << 5 | frame.spatial << 3)};
}

// ---- dependency descriptors

// 0: not present, 2: a switching point, 3: required
uint32_t Encoder::indication(const EncodedFrame& frame, uint8_t spatial, uint8_t temporal) const {
  if (frame.spatial > spatial || frame.temporal > temporal) return 0;
  if (frame.spatial < spatial) {
    if (mode_.layers == Mode::Layers::kIndependent) return 0;
    if (mode_.layers == Mode::Layers::kKSvc && !frame.key_picture) return 0;
    return frame.key_picture ? 2 : 3;
  }
  if (frame.key_picture || frame.temporal == temporal) return frame.temporal == 2 ? 3 : 2;
  return frame.switch_up ? 2 : 3;
}

// Templates for each layer, of which the frames use the layers only and say the rest themselves; no chains.
std::vector<uint8_t> Encoder::descriptor(const EncodedFrame& frame, uint8_t index) {
  Stream& stream = streams_[frame.stream];
  const uint32_t spatial_layers = mode_.spatial_layers(), temporal_layers = mode_.temporal_layers;
  const bool structure = frame.key_picture && frame.spatial == 0 && index == 0;
  const bool active = structure || (index == 0 && stream.tells_active);
  if (index == 0) stream.tells_active = false;
  BitWriter out;
  out.bits(1, index == 0).bits(1, index + 1 == frame.packets);
  out.bits(6, (stream.first_template + frame.spatial * temporal_layers + frame.temporal) % 64);
  out.bits(16, frame.number);
  out.bits(1, structure).bits(1, active).bits(1, 1).bits(1, 1).bits(1, 0);
  const uint32_t targets = spatial_layers * temporal_layers;
  const auto needs = [&](uint32_t layer, uint32_t other) {
    return mode_.layers == Mode::Layers::kFullSvc ? other <= layer : other == layer;
  };
  if (structure) {
    out.bits(6, stream.first_template).bits(5, targets - 1);
    for (uint32_t i = 1; i <= targets; ++i) out.bits(2, i == targets ? 3 : i % temporal_layers == 0 ? 2 : 1);
    for (uint32_t i = 0; i < targets; ++i)
      for (uint32_t t = 0; t < targets; ++t)
        out.bits(2,
                 needs(t / temporal_layers, i / temporal_layers) && i % temporal_layers <= t % temporal_layers
                     ? 3
                     : 0);
    for (uint32_t i = 0; i < targets; ++i) out.bits(1, 0);  // no references
    uint32_t width = 0;
    while ((targets + 1) >> width != 0) ++width;
    out.bits(width - 1, 0);  // chains: ns(targets + 1)
    out.bits(1, 0);          // resolutions
  }
  if (active) {
    uint32_t mask = 0;
    for (uint32_t t = 0; t < targets; ++t)
      if (mode_.simulcast() || on_[t / temporal_layers]) mask |= 1u << t;
    out.bits(targets, mask);
  }
  for (uint32_t t = 0; t < targets; ++t)
    out.bits(2, indication(frame, byte(t / temporal_layers), byte(t % temporal_layers)));
  for (const uint32_t id : frame.references)
    out.bits(2, 3).bits(12, static_cast<uint16_t>(frame.number - frames_[id].number) - 1u);
  out.bits(2, 0);
  return out.take();
}

}  // namespace sfu::sim
