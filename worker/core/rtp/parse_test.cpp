#include "core/rtp/parse.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

using test::append;
using test::fixed_header;
using test::parsed;
using test::with_extensions;

const NegotiatedExtension kNegotiated[] = {{Extension::kMid, 1},
                                           {Extension::kAudioLevel, 2},
                                           {Extension::kAbsSendTime, 3},
                                           {Extension::kDependencyDescriptor, 200}};
const ExtensionTable kTable(kNegotiated);

bool has(const Packet& packet, Extension kind) {
  return packet.extensions[static_cast<size_t>(kind)].at != 0;
}

TEST_CASE("the fixed header is read") {
  auto bytes = fixed_header();
  append(bytes, {7, 8, 9});
  const auto packet = parsed(bytes);
  REQUIRE(packet);
  CHECK(packet->payload_type == 96);
  CHECK(packet->marker);
  CHECK(packet->sequence == 0x1234);
  CHECK(packet->timestamp == 0x01020304);
  CHECK(packet->ssrc == 0xa0b0c0d0);
  CHECK(packet->payload.at == 12);
  CHECK(packet->payload.size == 3);
}

TEST_CASE("a version other than 2 is refused") {
  CHECK_FALSE(parsed(fixed_header(0x00)));
  CHECK_FALSE(parsed(fixed_header(0x40)));
  CHECK_FALSE(parsed(fixed_header(0xc0)));
}

TEST_CASE("eleven bytes are not a packet, twelve are an empty one") {
  auto bytes = fixed_header();
  CHECK(parsed(bytes)->payload.size == 0);
  bytes.pop_back();
  CHECK_FALSE(parsed(bytes));
}

TEST_CASE("the payload begins behind the CSRCs") {
  auto bytes = fixed_header(0x82);
  append(bytes, {0, 0, 0, 1, 0, 0, 0, 2, 99});
  CHECK(parsed(bytes)->payload_bytes()[0] == 99);
  bytes.resize(19);
  CHECK_FALSE(parsed(bytes));
}

TEST_CASE("padding is not payload") {
  auto bytes = fixed_header(0xa0);
  append(bytes, {1, 2, 0, 0, 3});
  const auto packet = parsed(bytes);
  REQUIRE(packet);
  CHECK(packet->padding == 3);
  CHECK(packet->payload.size == 2);
}

TEST_CASE("a packet may be all padding") {
  auto bytes = fixed_header(0xa0);
  append(bytes, {0, 0, 3});
  CHECK(parsed(bytes)->payload.size == 0);
}

TEST_CASE("padding that lies is refused") {
  auto none = fixed_header(0xa0);
  append(none, {1, 2, 0});
  CHECK_FALSE(parsed(none));
  auto too_much = fixed_header(0xa0);
  append(too_much, {1, 2, 4});
  CHECK_FALSE(parsed(too_much));
  auto header_only = fixed_header(0xa0);
  CHECK_FALSE(parsed(header_only));
}

TEST_CASE("one-byte elements are found by their negotiated ids") {
  const auto packet = parsed(with_extensions(0xbede, {0x11, 'a', 'b', 0x20, 0x85, 0x40, 7}, {42}), kTable);
  REQUIRE(packet);
  CHECK(mid(*packet) == "ab");
  CHECK(audio_level(*packet)->voice);
  CHECK(audio_level(*packet)->level == 5);
  CHECK_FALSE(has(*packet, Extension::kAbsSendTime));
  CHECK(packet->payload_bytes()[0] == 42);
}

TEST_CASE("padding between one-byte elements is passed over") {
  const auto packet = parsed(with_extensions(0xbede, {0, 0x10, 'a', 0, 0, 0x20, 3}), kTable);
  CHECK(mid(*packet) == "a");
  CHECK(audio_level(*packet)->level == 3);
}

TEST_CASE("id 15, and id 0 with a length, end the one-byte elements") {
  for (int end : {0xf0, 0x01}) {
    const auto packet = parsed(with_extensions(0xbede, {0x10, 'a', end, 9, 0x20, 3}), kTable);
    REQUIRE(packet);
    CHECK(mid(*packet) == "a");
    CHECK_FALSE(has(*packet, Extension::kAudioLevel));
  }
}

TEST_CASE("an element that claims more than there is ends the reading and keeps those before it") {
  const auto packet = parsed(with_extensions(0xbede, {0x10, 'a', 0x2f, 3}, {42}), kTable);
  REQUIRE(packet);
  CHECK(mid(*packet) == "a");
  CHECK_FALSE(has(*packet, Extension::kAudioLevel));
  CHECK(packet->payload_bytes()[0] == 42);
}

TEST_CASE("two-byte elements may have large ids and no value") {
  for (int profile : {0x1000, 0x100f}) {
    const auto packet = parsed(with_extensions(profile, {0, 200, 2, 5, 6, 0, 2, 0, 1, 1, 'x'}, {42}), kTable);
    REQUIRE(packet);
    CHECK(packet->extension(Extension::kDependencyDescriptor).size() == 2);
    CHECK(has(*packet, Extension::kAudioLevel));
    CHECK_FALSE(audio_level(*packet));
    CHECK(mid(*packet) == "x");
  }
}

TEST_CASE("a two-byte element cut off before its length is ignored") {
  const auto packet = parsed(with_extensions(0x1000, {1, 1, 'x', 2}), kTable);
  REQUIRE(packet);
  CHECK(mid(*packet) == "x");
  CHECK_FALSE(has(*packet, Extension::kAudioLevel));
}

TEST_CASE("an extension block of another profile is passed over") {
  const auto packet = parsed(with_extensions(0x2000, {0x10, 'a', 0, 0}, {42}), kTable);
  REQUIRE(packet);
  CHECK(mid(*packet).empty());
  CHECK(packet->payload_bytes()[0] == 42);
}

TEST_CASE("an extension block longer than the packet is refused") {
  auto bytes = with_extensions(0xbede, {0x10, 'a', 0, 0});
  bytes.pop_back();
  CHECK_FALSE(parsed(bytes, kTable));
  bytes.resize(14);
  CHECK_FALSE(parsed(bytes, kTable));
}

TEST_CASE("of two elements with one id the first counts") {
  CHECK(mid(*parsed(with_extensions(0xbede, {0x10, 'a', 0x10, 'b'}), kTable)) == "a");
}

TEST_CASE("parsing forgets what the slot held before") {
  auto packet = parsed(with_extensions(0xbede, {0x10, 'a', 0, 0}), kTable);
  const auto plain = fixed_header();
  std::copy(plain.begin(), plain.end(), packet->bytes.begin());
  packet->size = 12;
  packet->padding = 9;
  packet->frame.key_frame = true;
  REQUIRE(parse(*packet, kTable));
  CHECK(mid(*packet).empty());
  CHECK(packet->padding == 0);
  CHECK_FALSE(packet->frame.key_frame);
}

TEST_CASE("a packet fits its pool slot") { CHECK(sizeof(Packet) <= 2040); }

}  // namespace
}  // namespace sfu::rtp
