#include "core/rtp/header.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/base/random.hpp"
#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

using test::parsed;
using test::with_extensions;

const NegotiatedExtension kReceived[] = {{Extension::kMid, 1},
                                         {Extension::kRid, 2},
                                         {Extension::kAudioLevel, 3},
                                         {Extension::kAbsSendTime, 4},
                                         {Extension::kTransportCc, 5}};
const ExtensionTable kTable(kReceived);
const OutgoingHeader kHeader{
    .payload_type = 100, .marker = true, .sequence = 65535, .timestamp = 0xfffffffe, .ssrc = 0x11223344};

struct Written {
  std::vector<uint8_t> bytes;
  std::unique_ptr<Packet> packet;  // read again with the ids it was written with
};

Written write(const Packet& source, std::span<const NegotiatedExtension> negotiated, OwnExtensions own,
              OutgoingHeader header = kHeader) {
  const ExtensionIds ids(negotiated);
  std::vector<uint8_t> bytes(header_size(source, ids, own), 0x55);
  CHECK(write_header(bytes, header, source, ids, own) == bytes.size());
  auto again = parsed(bytes, ExtensionTable(negotiated));
  REQUIRE(again);
  CHECK(again->payload.at == bytes.size());
  return {bytes, std::move(again)};
}

TEST_CASE("without negotiated extensions the header is twelve bytes") {
  const auto source = parsed(with_extensions(0xbede, {0x10, 'a', 0x30, 9}), kTable);
  const auto written = write(*source, {}, {});
  CHECK(written.bytes.size() == 12);
  CHECK(written.packet->payload_type == 100);
  CHECK(written.packet->marker);
  CHECK(written.packet->sequence == 65535);
  CHECK(written.packet->timestamp == 0xfffffffe);
  CHECK(written.packet->ssrc == 0x11223344);
}

TEST_CASE("extensions of the source are copied under the receiver's ids") {
  const auto source = parsed(with_extensions(0xbede, {0x30, 0x85}), kTable);
  const NegotiatedExtension sent[] = {{Extension::kAudioLevel, 14}, {Extension::kPlayoutDelay, 6}};
  const auto written = write(*source, sent, {});
  CHECK(written.bytes == test::bytes_of({0x90, 0xe4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x11, 0x22,
                                         0x33, 0x44, 0xbe, 0xde, 0,    1,    0xe0, 0x85, 0,    0}));
}

TEST_CASE("MID and RID are never the source's") {
  const auto source = parsed(with_extensions(0xbede, {0x10, 'a', 0x20, 'h'}), kTable);
  const NegotiatedExtension sent[] = {
      {Extension::kMid, 1}, {Extension::kRid, 2}, {Extension::kRepairedRid, 3}};
  CHECK(write(*source, sent, {}).bytes.size() == 12);
  const auto own = write(*source, sent, {.mid = "zz", .rid = "q", .repaired_rid = "r"});
  CHECK(mid(*own.packet) == "zz");
  CHECK(rid(*own.packet) == "q");
  CHECK(repaired_rid(*own.packet) == "r");
}

TEST_CASE("abs-send-time and the transport sequence are written fresh, in the source or not") {
  const auto source = parsed(with_extensions(0xbede, {0x42, 1, 2, 3}), kTable);
  const NegotiatedExtension sent[] = {{Extension::kAbsSendTime, 1}, {Extension::kTransportCc, 2}};
  const auto written = write(*source, sent, {.abs_send_time = 0xabcdef, .transport_sequence = 0xfffe});
  CHECK(abs_send_time(*written.packet) == 0xabcdef);
  CHECK(transport_sequence(*written.packet) == 0xfffe);
}

TEST_CASE("an id above 14, a long value or an empty one needs the two-byte form") {
  const auto source = parsed(with_extensions(0xbede, {0x30, 0x85}), kTable);
  const NegotiatedExtension large[] = {{Extension::kMid, 1}, {Extension::kAudioLevel, 16}};
  const auto two_byte = write(*source, large, {.mid = "a"});
  CHECK(two_byte.bytes[12] == 0x10);
  CHECK(audio_level(*two_byte.packet)->level == 5);
  CHECK(mid(*two_byte.packet) == "a");

  const NegotiatedExtension small[] = {{Extension::kMid, 1}};
  CHECK(write(*source, small, {.mid = "0123456789abcdef"}).bytes[12] == 0xbe);
  CHECK(write(*source, small, {.mid = "0123456789abcdef0"}).bytes[12] == 0x10);

  const auto empty = parsed(with_extensions(0x1000, {3, 0}), kTable);
  const NegotiatedExtension level[] = {{Extension::kAudioLevel, 3}};
  CHECK(write(*empty, level, {}).bytes[12] == 0x10);
}

TEST_CASE("a large id that is not sent leaves the one-byte form") {
  const auto source = parsed(test::fixed_header(), kTable);
  const NegotiatedExtension sent[] = {{Extension::kMid, 1}, {Extension::kAudioLevel, 16}};
  CHECK(write(*source, sent, {.mid = "a"}).bytes[12] == 0xbe);
}

TEST_CASE("CSRCs are passed on") {
  auto bytes = test::fixed_header(0x81);
  test::append(bytes, {9, 8, 7, 6, 42});
  const auto written = write(*parsed(bytes), {}, {});
  CHECK(written.bytes.size() == 16);
  CHECK(load32(written.bytes.data() + 12) == 0x09080706);
}

TEST_CASE("a slot too small is left alone") {
  const auto source = parsed(test::fixed_header());
  std::vector<uint8_t> out(11, 0x55);
  CHECK(write_header(out, kHeader, *source, {}, {}) == 0);
  CHECK(out == std::vector<uint8_t>(11, 0x55));
}

TEST_CASE("padding announced by the header is read as such") {
  const auto source = parsed(test::fixed_header());
  OutgoingHeader header = kHeader;
  header.padded = true;
  for (size_t count : {1u, 2u, 255u}) {
    std::vector<uint8_t> out(12 + count, 0x55);
    write_header(out, header, *source, {}, {});
    write_padding(MutableBytes(out).subspan(12));
    CHECK(parsed(out)->padding == count);
  }
}

TEST_CASE("whatever was received, the size said in advance is the size written") {
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    auto bytes = test::fixed_header(0x90);
    const uint32_t words = random.below(20);
    test::append(bytes, {random.below(2) ? 0xbe : 0x10, 0, 0, static_cast<int>(words)});
    if (bytes[12] == 0xbe) bytes[13] = 0xde;
    for (uint32_t i = 0; i < words * 4; ++i) bytes.push_back(static_cast<uint8_t>(random.below(20)));
    const auto source = parsed(bytes, kTable);
    REQUIRE(source);
    std::vector<NegotiatedExtension> sent;
    for (const auto& [kind, id] : kReceived)
      if (random.below(2)) sent.push_back({kind, static_cast<uint8_t>(random.below(10) ? id : id + 16)});
    const auto written = write(*source, sent, {.mid = random.below(2) ? "m" : ""});
    for (const auto& [kind, id] : sent)
      if (kind == Extension::kAudioLevel)
        CHECK(std::ranges::equal(written.packet->extension(kind), source->extension(kind)));
  }
}

TEST_CASE("the frame number of a dependency descriptor moves on, over its wrap; the rest stays") {
  const NegotiatedExtension descriptor[] = {{Extension::kDependencyDescriptor, 7}};
  const auto source =
      test::parsed(test::with_extensions(0xbede, {0x73, 0xc5, 0xff, 0xfe, 0x80}), ExtensionTable(descriptor));
  REQUIRE(source);
  std::array<uint8_t, 100> out{};
  const size_t size =
      write_header(out, {}, *source, ExtensionIds(descriptor), OwnExtensions{.frame_offset = 5});
  const auto copy = test::parsed({out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)},
                                 ExtensionTable(descriptor));
  REQUIRE(copy);
  const Bytes value = copy->extension(Extension::kDependencyDescriptor);
  CHECK(std::vector<uint8_t>(value.begin(), value.end()) == std::vector<uint8_t>{0xc5, 0x00, 0x03, 0x80});
}

}  // namespace
}  // namespace sfu::rtp
