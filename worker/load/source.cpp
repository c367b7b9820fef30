#include "load/source.hpp"

#include <algorithm>

#include "load/stamp.hpp"
#include "sim/vp8_packets.hpp"

namespace sfu::load {
namespace {

constexpr size_t kPacket = 1200, kHeader = 12;
// Room for the header extensions that are added on the way.
constexpr size_t kMaxPayload = kPacket - kHeader - 28;
constexpr size_t kVoice = 80;  // Opus at 32 kbit/s, in 20 ms
constexpr uint32_t kVideoClock = 90'000, kAudioClock = 48'000;

uint8_t layers_of(const channel::SourceEncoding& encoding) {
  return static_cast<uint8_t>(std::clamp(encoding.temporal_layers, 1u, 3u));
}

// Frames are of full packets; a key frame is like another.
sim::SizedFrame full_packets(const channel::SourceEncoding& encoding, uint32_t number, bool key) {
  return {.key = key || number == 0,
          .number = number,
          .refers_to = key || number == 0 ? number : number - 1,
          .tl0_index = static_cast<uint8_t>(number),
          .bytes = std::max(encoding.packets, 1u) * kMaxPayload};
}

}  // namespace

Source::Source(const channel::StartSource& request, Time now)
    : request_(request),
      interval_(std::max<uint32_t>(request.interval, 1000)),
      next_(now + Duration(request.phase)) {
  for (const channel::SourceEncoding& each : request.encodings) encodings_.emplace_back(each);
}

Source::Encoding::Encoding(const channel::SourceEncoding& encoding) : is(encoding) {
  if (is.bitrate > 0) encoder.emplace(sim::RateEncoder::Options{{is.bitrate}, layers_of(is)}, is.ssrc);
}

void Source::send(Sfu& sfu, Turn& turn, Time (*clock)()) {
  for (Encoding& encoding : encodings_) {
    const std::vector<std::vector<uint8_t>> payloads = next_frame(encoding);
    for (const std::vector<uint8_t>& payload : payloads)
      (void)sfu.handle(channel::SendRtp{request_.producer,
                                        packet(encoding, payload, &payload == &payloads.back(), clock())},
                       turn);
  }
  const uint32_t rate = request_.video ? kVideoClock : kAudioClock;
  timestamp_ += static_cast<uint32_t>(interval_.count() * rate / 1'000'000);
  next_ += interval_;
  if (next_ < turn.now - interval_) next_ = turn.now;
}

bool Source::want_key_frame(uint32_t ssrc) {
  const auto found = std::ranges::find(encodings_, ssrc, [](const Encoding& each) { return each.is.ssrc; });
  if (found == encodings_.end()) return false;
  found->key_frame_wanted = true;
  return true;
}

std::vector<std::vector<uint8_t>> Source::next_frame(Encoding& encoding) {
  const uint32_t number = encoding.frames++;
  if (!request_.video) return {std::vector<uint8_t>(kVoice, static_cast<uint8_t>(number))};
  const bool key = std::exchange(encoding.key_frame_wanted, false);
  const sim::SizedFrame frame =
      encoding.encoder ? encoding.encoder->next(key) : full_packets(encoding.is, number, key);
  return sim::vp8_packets(frame, layers_of(encoding.is), encoding.is.ssrc,
                          static_cast<uint16_t>(number & 0x7fff), kMaxPayload);
}

// The fixed header (RFC 3550, 5.1) and the payload, stamped.
std::vector<uint8_t> Source::packet(Encoding& encoding, Bytes payload, bool last, Time made) {
  std::vector<uint8_t> out(kHeader + std::max(payload.size(), Stamp::kVariable + Stamp::kSize));
  ByteWriter header(out);
  header.u8(0x80);
  header.u8(static_cast<uint8_t>((last && request_.video ? 0x80 : 0) | (request_.payload_type & 0x7f)));
  header.u16(encoding.sequence++);
  header.u32(timestamp_);
  header.u32(encoding.is.ssrc);
  header.bytes(payload);
  const bool whole = request_.encodings.size() == 1 && layers_of(encoding.is) == 1;
  Stamp{encoding.is.ssrc, whole, encoding.index++, made}.write(MutableBytes(out).subspan(kHeader));
  return out;
}

}  // namespace sfu::load
