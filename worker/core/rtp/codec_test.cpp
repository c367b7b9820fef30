#include "core/rtp/codec.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

TEST_CASE("codecs are known by their MIME type in any case") {
  CHECK(codec_of("audio/opus") == Codec::kOpus);
  CHECK(codec_of("video/VP8") == Codec::kVp8);
  CHECK(codec_of("VIDEO/vp9") == Codec::kVp9);
  CHECK(codec_of("video/H264") == Codec::kH264);
  CHECK(codec_of("video/H265") == Codec::kH265);
  CHECK(codec_of("video/AV1") == Codec::kAv1);
}

TEST_CASE("any other MIME type is a codec that we do not read") {
  for (const char* mime : {"audio/PCMU", "audio/VP8", "video/VP8 ", "video/VP", "", "audio/multiopus"})
    CHECK(codec_of(mime) == Codec::kOther);
}

TEST_CASE("each codec is described by its own payload format") {
  const auto payload = test::bytes_of({0x10, 0x00, 0x00});
  CHECK(describe(Codec::kVp8, payload, true)->key_frame);
  CHECK_FALSE(describe(Codec::kH265, payload, true));
  CHECK(describe(Codec::kAv1, payload, true)->ends);
  CHECK(describe(Codec::kVp9, payload, true)->key_frame);
}

TEST_CASE("an Opus frame of at most two bytes says that nobody speaks") {
  CHECK(describe(Codec::kOpus, test::bytes_of({0x78}), false)->dtx);
  CHECK(describe(Codec::kOpus, test::bytes_of({0x78, 1}), false)->dtx);
  CHECK_FALSE(describe(Codec::kOpus, test::bytes_of({0x78, 1, 2}), false)->dtx);
  CHECK_FALSE(describe(Codec::kOpus, {}, false));
}

TEST_CASE("a payload that we do not read is a frame by its marker") {
  const auto frame = describe(Codec::kOther, {}, true);
  CHECK(frame->begins);
  CHECK(frame->ends);
  CHECK_FALSE(frame->key_frame);
}

}  // namespace
}  // namespace sfu::rtp
