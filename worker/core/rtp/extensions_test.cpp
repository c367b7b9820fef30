#include "core/rtp/extensions.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

// A packet with one extension of this value.
std::unique_ptr<Packet> with(Extension kind, std::initializer_list<int> value) {
  const NegotiatedExtension negotiated[] = {{kind, 7}};
  auto bytes = test::fixed_header(0x90);
  const size_t words = (2 + value.size() + 3) / 4;
  test::append(bytes, {0x10, 0, 0, static_cast<int>(words), 7, static_cast<int>(value.size())});
  test::append(bytes, value);
  bytes.resize(16 + words * 4);
  return test::parsed(bytes, ExtensionTable(negotiated));
}

TEST_CASE("each URI names its extension") {
  CHECK(extension_of("urn:ietf:params:rtp-hdrext:sdes:mid") == Extension::kMid);
  CHECK(extension_of("urn:3gpp:video-orientation") == Extension::kVideoOrientation);
  CHECK(extension_of(
            "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension") ==
        Extension::kDependencyDescriptor);
  CHECK_FALSE(extension_of("urn:ietf:params:rtp-hdrext:sdes"));
  CHECK_FALSE(extension_of(""));
}

TEST_CASE("ids are found both ways") {
  const NegotiatedExtension negotiated[] = {{Extension::kMid, 3}, {Extension::kPlayoutDelay, 255}};
  const ExtensionTable table(negotiated);
  const ExtensionIds ids(negotiated);
  CHECK(table.find(3) == Extension::kMid);
  CHECK(table.find(255) == Extension::kPlayoutDelay);
  CHECK(table.find(4) == Extension::kCount);
  CHECK(ids[Extension::kMid] == 3);
  CHECK(ids[Extension::kRid] == 0);
  CHECK(ids.negotiated() == (1u << 0 | 1u << static_cast<int>(Extension::kPlayoutDelay)));
}

TEST_CASE("an identifier longer than any we negotiate is not read") {
  CHECK(rid(*with(Extension::kRid, {'h', 'i'})) == "hi");
  CHECK(repaired_rid(*with(Extension::kRepairedRid, {'l', 'o'})) == "lo");
  CHECK(mid(*with(Extension::kMid,
                  {'1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '1', '2', '3', '4', '5',
                   '6', '7', '8', '9', '0', '1', '2', '1', '2', '3', '4', '5', '6', '7', '8', '9'}))
            .empty());
}

TEST_CASE("the values of extensions are read") {
  CHECK(abs_send_time(*with(Extension::kAbsSendTime, {1, 2, 3})) == 0x010203u);
  CHECK(transport_sequence(*with(Extension::kTransportCc, {0xff, 0xfe})) == 0xfffe);
  CHECK(audio_level(*with(Extension::kAudioLevel, {0x7f}))->level == 127);
  CHECK_FALSE(audio_level(*with(Extension::kAudioLevel, {0x7f}))->voice);
  CHECK(video_orientation(*with(Extension::kVideoOrientation, {0x0b})) == VideoOrientation{true, false, 270});
  CHECK(video_orientation(*with(Extension::kVideoOrientation, {0x05})) == VideoOrientation{false, true, 90});
  const auto delay = playout_delay(*with(Extension::kPlayoutDelay, {0x00, 0xa0, 0x14}));
  CHECK(delay->min == 100ms);
  CHECK(delay->max == 200ms);
}

TEST_CASE("an abs-capture-time may leave the clock offset out") {
  const auto alone = abs_capture_time(*with(Extension::kAbsCaptureTime, {0, 0, 0, 1, 0x80, 0, 0, 0}));
  CHECK(alone->captured.value == 0x180000000);
  CHECK_FALSE(alone->clock_offset);
  const auto both = abs_capture_time(*with(
      Extension::kAbsCaptureTime, {0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
  CHECK(both->clock_offset == -1);
}

TEST_CASE("a value that is too short is no value") {
  CHECK_FALSE(abs_send_time(*with(Extension::kAbsSendTime, {1, 2})));
  CHECK_FALSE(transport_sequence(*with(Extension::kTransportCc, {1})));
  CHECK_FALSE(playout_delay(*with(Extension::kPlayoutDelay, {1})));
  CHECK_FALSE(abs_capture_time(*with(Extension::kAbsCaptureTime, {1})));
  CHECK_FALSE(video_orientation(*with(Extension::kVideoOrientation, {})));
}

TEST_CASE("a packet is given an id in its slot, unless it needs all of that") {
  const auto packet = with(Extension::kPlayoutDelay, {0x00, 0xa0, 0x14});
  set_packet_id(*packet, 0x01020304);
  const Bytes id = packet->extension(Extension::kPacketId);
  CHECK(std::vector(id.begin(), id.end()) == std::vector<uint8_t>{1, 2, 3, 4});
  CHECK(playout_delay(*packet));
  const auto full = with(Extension::kPlayoutDelay, {0x00, 0xa0, 0x14});
  full->size = Packet::kCapacity - 3;
  set_packet_id(*full, 1);
  CHECK(full->extension(Extension::kPacketId).empty());
}

TEST_CASE("abs-send-time counts 1/2^18 of a second and wraps after 64") {
  CHECK(to_abs_send_time(Time(0s)) == 0);
  CHECK(to_abs_send_time(Time(1s)) == 1u << 18);
  CHECK(to_abs_send_time(Time(500ms)) == 1u << 17);
  CHECK(to_abs_send_time(Time(64s)) == 0);
  CHECK(to_abs_send_time(Time(63'999'999us)) == 0xffffff);
}

}  // namespace
}  // namespace sfu::rtp
