// Any payload is described or refused by any codec, and what is described can be rewritten in place. The
// first byte chooses the codec; beyond the last one the bytes are dependency descriptors, each led by its
// length, of one stream; pictures to be renumbered; or packets of which layers are to be chosen, with
// descriptors or without. What was said of a packet is said again.
#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/check.hpp"
#include "core/rtp/codec.hpp"
#include "core/rtp/dependency_descriptor.hpp"
#include "core/rtp/layer_filter.hpp"
#include "core/rtp/picture.hpp"
#include "core/rtp/picture_rewriter.hpp"

using namespace sfu;
using namespace sfu::rtp;

namespace {

constexpr uint8_t kCodecs = static_cast<uint8_t>(Codec::kAv1) + 1;

void describe_payload(Codec codec, Bytes payload) {
  const auto frame = describe(codec, payload, true);
  if (!frame) return;
  CHECK(frame->spatial_layer < 8 && frame->temporal_layer < 8);
  std::vector<uint8_t> copy(payload.begin(), payload.end());
  rewrite_picture(copy, *frame, {static_cast<uint16_t>(frame->picture_id ^ 0x55), 0x55});
  const auto again = describe(codec, copy, true);
  CHECK(again && again->key_frame == frame->key_frame && again->temporal_layer == frame->temporal_layer);
  if (frame->picture_id_at != 0) CHECK(again->picture_id == (frame->picture_id ^ 0x55));
}

void describe_pictures(Bytes in) {
  PictureRewriter pictures;
  while (const auto input = take<6>(in)) {
    Frame frame;
    frame.picture_id_at = input->u8<0>() & 1;
    frame.picture_id_long = (input->u8<0>() & 2) != 0;
    frame.picture_id = input->u16<2>() & (frame.picture_id_long ? 0x7fff : 0x7f);
    frame.tl0_picture_index = input->u8<4>();
    const uint8_t action = input->u8<5>() & 7;
    if (action == 0)
      pictures.switch_to(input->u8<1>(), frame);
    else if (action < 3)
      pictures.skip(frame);
    else if (const auto picture = pictures.forward(frame))
      CHECK(pictures.forward(frame) == picture);
    pictures.find(input->u8<1>(), frame);
  }
}

void read_descriptors(Bytes in) {
  std::optional<DependencyStructure> known;
  while (const auto length = take<1>(in)) {
    const auto bytes = take(in, std::min<size_t>(length->u8<0>(), in.size()));
    const auto descriptor = parse_dependency_descriptor(*bytes, known);
    if (!descriptor) continue;
    const Frame frame = frame_of(*descriptor, *known);
    CHECK((frame.switch_targets & ~frame.targets) == 0);
    for (size_t chain = 0; chain < known->chain_count; ++chain)
      part_of_chain(descriptor->frame, *known, chain, frame.targets);
  }
}

Frame any_frame(uint16_t bits) {
  Frame frame;
  frame.key_frame = bits & 1;
  frame.begins = bits & 2;
  frame.ends = bits & 4;
  frame.layer_sync = bits & 8;
  frame.switch_up = bits & 16;
  frame.inter_layer = bits & 32;
  frame.inter_picture = bits & 64;
  frame.unused_above = bits & 128;
  frame.spatial_layer = bits >> 8 & 7;
  frame.temporal_layer = bits >> 11 & 7;
  return frame;
}

void choose_layers(Bytes in) {
  LayerFilter filter;
  DependencyReader reader;
  const auto packet = std::make_unique<Packet>();
  bool started = false;
  uint32_t stream = 0;
  while (const auto input = take<8>(in)) {
    const auto descriptor = take(in, std::min<size_t>(input->u8<7>(), in.size()));
    packet->unwrapped_sequence = input->u16<0>();
    packet->timestamp = input->u8<2>();
    packet->marker = input->u8<3>() & 1;
    packet->frame = any_frame(input->u16<4>());
    if (const auto frame = reader.read(*descriptor, packet->unwrapped_sequence)) packet->frame = *frame;
    filter.want(input->u8<3>() & 2 ? OperatingPoint::kAll : input->u8<6>() & 7, input->u8<6>() >> 3 & 7);
    if (!std::exchange(started, true) || (input->u8<3>() & 0xf0) == 0xf0)
      filter.start(stream = input->u8<3>() >> 2 & 3, *packet, reader.current());
    const Passage passage = filter.pass(*packet, reader.current());
    if (const auto again = filter.again(stream, *packet)) CHECK(*again == passage);
    filter.lacks(input->u8<6>() & 7, input->u8<6>() >> 3 & 7, reader.current());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes in(data, size);
  const auto choice = take<1>(in);
  if (!choice) return 0;
  const uint8_t which = choice->u8<0>() % (kCodecs + 3);
  if (which < kCodecs)
    describe_payload(static_cast<Codec>(which), in);
  else if (which == kCodecs)
    read_descriptors(in);
  else if (which == kCodecs + 1)
    describe_pictures(in);
  else
    choose_layers(in);
  return 0;
}
