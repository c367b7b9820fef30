#include "core/rtp/dependency_descriptor.hpp"

#include <doctest/doctest.h>

#include "core/base/random.hpp"
#include "core/rtp/test_descriptor.hpp"
#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

using namespace test;

TEST_CASE("a key frame brings the structure") {
  std::optional<DependencyStructure> known;
  const auto descriptor = parse_dependency_descriptor(key_frame(false, true).bytes(), known);
  REQUIRE(descriptor);
  REQUIRE(known);
  CHECK(descriptor->has_structure);
  CHECK(descriptor->frame_number == 65535);
  CHECK(descriptor->active_targets == 0b11u);
  CHECK(known->target_count == 2);
  CHECK(known->template_count == 4);
  CHECK(known->chain_count == 2);
  CHECK(known->targets[0].spatial_layer == 0);
  CHECK(known->targets[1].spatial_layer == 1);
  CHECK(known->targets[1].chain == 1);
  CHECK(known->templates[2].spatial_layer == 1);
  CHECK(known->resolution_count == 2);
  CHECK(known->resolutions[1].width_minus_1 == 1279);

  const Frame frame = frame_of(*descriptor, *known);
  CHECK(frame.key_frame);
  CHECK(frame.begins);
  CHECK(frame.ends);
  CHECK(frame.targets == 0b11);
  CHECK(frame.switch_targets == 0b11);
}

TEST_CASE("later frames refer to the templates, with three bytes") {
  std::optional<DependencyStructure> known;
  REQUIRE(parse_dependency_descriptor(key_frame().bytes(), known));
  const auto lower = parse_dependency_descriptor(mandatory(1, 7, true, false).bytes(), known);
  REQUIRE(lower);
  CHECK(lower->frame_number == 7);
  CHECK_FALSE(lower->ends);
  CHECK_FALSE(lower->active_targets);
  const Frame frame = frame_of(*lower, *known);
  CHECK_FALSE(frame.key_frame);
  CHECK(frame.inter_picture);
  CHECK(frame.targets == 0b11);
  CHECK_FALSE(frame.discardable);
}

TEST_CASE("the upper layer of a key picture needs the one below, but no earlier picture") {
  std::optional<DependencyStructure> known;
  REQUIRE(parse_dependency_descriptor(key_frame().bytes(), known));
  const Frame frame = frame_of(*parse_dependency_descriptor(mandatory(2, 8).bytes(), known), *known);
  CHECK(frame.spatial_layer == 1);
  CHECK(frame.inter_layer);
  CHECK_FALSE(frame.inter_picture);
  CHECK(frame.targets == 0b10);
  CHECK(frame.switch_targets == 0b10);
  CHECK(frame.references == 0b1);
}

TEST_CASE("whether a later upper frame needs the lower layer is told by its chain") {
  for (bool k_svc : {false, true}) {
    std::optional<DependencyStructure> known;
    REQUIRE(parse_dependency_descriptor(key_frame(k_svc).bytes(), known));
    const Frame frame = frame_of(*parse_dependency_descriptor(mandatory(3, 9).bytes(), known), *known);
    CHECK(frame.inter_layer == !k_svc);
    CHECK(frame.inter_picture);
  }
}

TEST_CASE("a frame may differ from its template") {
  std::optional<DependencyStructure> known;
  REQUIRE(parse_dependency_descriptor(key_frame().bytes(), known));
  BitWriter out = mandatory(1, 10);
  out.bits(5, 0b01111).bits(2, 0b01);                             // active targets: only 0
  out.indications("D-");                                          // indications
  out.bits(2, 3).bits(12, 299).bits(2, 1).bits(4, 1).bits(2, 0);  // 300 and 2 frames back
  out.bits(8, 200).bits(8, 100);                                  // chains
  const auto descriptor = parse_dependency_descriptor(out.bytes(), known);
  REQUIRE(descriptor);
  CHECK(descriptor->active_targets == 1u);
  CHECK(descriptor->frame.reference_count == 2);
  CHECK(descriptor->frame.references[0] == 300);
  CHECK(descriptor->frame.references[1] == 2);
  CHECK(descriptor->frame.chains[0] == 200);
  CHECK(descriptor->frame.chains[1] == 100);
  CHECK(frame_of(*descriptor, *known).discardable);
  CHECK(frame_of(*descriptor, *known).targets == 1);
}

TEST_CASE(
    "the next spatial layer begins again at temporal layer 0, and a target has the layers that it needs") {
  BitWriter out = mandatory(0, 1);
  out.bits(5, 0b10000).bits(6, kFirstId).bits(5, 1);
  out.bits(2, 1).bits(2, 2).bits(2, 1).bits(2, 3);
  out.indications("SS").indications("-S").indications("SS").indications("-D");
  out.bits(4, 0);             // no references
  out.bits(1, 0).bits(1, 0);  // ns(3) of 0 chains is 0 in one bit; no resolutions
  std::optional<DependencyStructure> known;
  REQUIRE(parse_dependency_descriptor(out.bytes(), known));
  CHECK(known->template_count == 4);
  CHECK(known->templates[1].temporal_layer == 1);
  CHECK(known->templates[2].spatial_layer == 1);
  CHECK(known->templates[2].temporal_layer == 0);
  CHECK(known->templates[3].temporal_layer == 1);
  CHECK(known->targets[0].spatial_layer == 1);
  CHECK(known->targets[0].temporal_layer == 0);
  CHECK(known->targets[1].temporal_layer == 1);
  CHECK(known->chain_count == 0);
}

TEST_CASE("without its structure, or with a template it does not have, a descriptor means nothing") {
  std::optional<DependencyStructure> known;
  CHECK_FALSE(parse_dependency_descriptor(mandatory(0, 1).bytes(), known));
  CHECK_FALSE(parse_dependency_descriptor(mandatory(0, 1).bits(8, 0).bytes(), known));
  REQUIRE(parse_dependency_descriptor(key_frame().bytes(), known));
  CHECK(parse_dependency_descriptor(mandatory(3, 1).bytes(), known));
  CHECK_FALSE(parse_dependency_descriptor(mandatory(4, 1).bytes(), known));
}

TEST_CASE("every truncation is refused and leaves the known structure") {
  const auto whole = key_frame(false, true).bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    std::optional<DependencyStructure> known;
    CHECK_FALSE(parse_dependency_descriptor(Bytes(whole).first(size), known));
    CHECK_FALSE(known);
  }
}

TEST_CASE("more references than any codec has are refused") {
  std::optional<DependencyStructure> known;
  REQUIRE(parse_dependency_descriptor(key_frame().bytes(), known));
  for (int count : {8, 9}) {
    BitWriter out = mandatory(1, 10);
    out.bits(5, 0b00010);
    for (int i = 0; i < count; ++i) out.bits(2, 1).bits(4, 0);
    out.bits(2, 0);
    CHECK(parse_dependency_descriptor(out.bytes(), known).has_value() == (count == 8));
  }
}

TEST_CASE("a frame is part of a chain if all targets that the chain protects need it") {
  std::optional<DependencyStructure> known;
  REQUIRE(parse_dependency_descriptor(key_frame(true).bytes(), known));
  const Dependencies& lower_delta = known->templates[1];
  CHECK(part_of_chain(lower_delta, *known, 0, 0b11));
  CHECK_FALSE(part_of_chain(lower_delta, *known, 1, 0b11));
  CHECK_FALSE(part_of_chain(lower_delta, *known, 0, 0b10));
}

TEST_CASE("random bytes never do harm") {
  Random random(11);
  std::optional<DependencyStructure> known;
  for (int i = 0; i < 20000; ++i) {
    auto bytes = key_frame(random.below(2), random.below(2)).bytes();
    for (uint32_t flips = random.below(6); flips > 0; --flips)
      bytes[random.below(static_cast<uint32_t>(bytes.size()))] ^= static_cast<uint8_t>(1 << random.below(8));
    const auto descriptor = parse_dependency_descriptor(bytes, known);
    if (!descriptor) continue;
    const Frame frame = frame_of(*descriptor, *known);
    CHECK((frame.switch_targets & ~frame.targets) == 0);
  }
}

}  // namespace
}  // namespace sfu::rtp
