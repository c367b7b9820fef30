#include "bench/source.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/rtp/header.hpp"

namespace sfu::bench {
namespace {

using rtp::Extension;

constexpr size_t kSlot = Source::kPacketSize + 32;
constexpr uint32_t kFrameTicks = 3000;  // 30 a second
constexpr std::array<rtp::NegotiatedExtension, 2> kSent = {
    {{Extension::kMid, kMidId}, {Extension::kTransportCc, kTransportCcId}}};

}  // namespace

Source::Source(srtp::Profile profile, const srtp::Master& master)
    : keys_(profile, master), empty_(pool_.take()) {
  empty_->extensions = {};
  empty_->bytes[0] = 0x80;
  CHECK(rtp::header_size(*empty_, rtp::ExtensionIds(kSent), {.mid = kMid}) == kHeader);
}

// Where the bytes do not divide evenly the last packets have one more each, as libwebrtc has it.
size_t Source::send_frame(const LoopbackSocket& from, const Address& to, size_t bytes, bool key) {
  const size_t packets = (bytes + kContent - 1) / kContent;
  out_.resize(packets * kSlot);
  datagrams_.clear();
  for (size_t i = 0; i < packets; ++i) {
    const bool larger = i >= packets - bytes % packets;
    fill_payload(bytes / packets + (larger ? 1 : 0), i == 0, key);
    datagrams_.push_back(seal(i + 1 == packets, MutableBytes(out_).subspan(i * kSlot, kSlot)));
    ++index_;
  }
  from.send(to, datagrams_);
  picture_ = static_cast<uint16_t>((picture_ + 1) & 0x7fff);
  return packets;
}

// RFC 7741, 4.2: a descriptor with a picture id of 15 bits; then the frame's first byte, which tells a key
// frame.
void Source::fill_payload(size_t bytes, bool first, bool key) {
  payload_.resize(kDescriptor + bytes);
  std::ranges::fill(payload_, static_cast<uint8_t>(index_));
  payload_[0] = first ? 0x90 : 0x80;
  payload_[1] = 0x80;
  store16(payload_.data() + 2, static_cast<uint16_t>(0x8000 | picture_));
  payload_[kDescriptor] = key ? 0x00 : 0x01;
}

Bytes Source::seal(bool last, MutableBytes out) {
  const rtp::OutgoingHeader header{.payload_type = kPayloadType,
                                   .marker = last,
                                   .sequence = static_cast<uint16_t>(index_),
                                   .timestamp = picture_ * kFrameTicks,
                                   .ssrc = kSsrc};
  const rtp::OwnExtensions own{.mid = kMid, .transport_sequence = static_cast<uint16_t>(index_)};
  const size_t size = rtp::write_header(out, header, *empty_, rtp::ExtensionIds(kSent), own);
  const srtp::SealJob job{.keys = &keys_,
                          .index = index_,
                          .out = out.data(),
                          .header = static_cast<uint16_t>(size),
                          .payload_size = static_cast<uint16_t>(payload_.size()),
                          .payload = payload_.data()};
  sealer_.seal({&job, 1});
  return out.first(size + payload_.size() + srtp::rtp_overhead(keys_.profile()));
}

}  // namespace sfu::bench
