#include "core/srtp/header.hpp"

#include <doctest/doctest.h>

#include "core/srtp/test_packets.hpp"

namespace sfu::srtp {
namespace {

constexpr Profile kProfile = Profile::kAesCm128HmacSha1_80;

Packet sealed_size(Packet packet, size_t overhead) {
  packet.resize(packet.size() + overhead);
  return packet;
}

TEST_CASE("CSRCs and header extension belong to the header") {
  const auto header = parse_rtp(kProfile, sealed_size(rtp_packet(65535, 5, 99), 10));
  REQUIRE(header);
  CHECK(header->sequence == 65535);
  CHECK(header->ssrc == 99);
  CHECK(header->size == kTestHeader);
}

TEST_CASE("a packet may have no payload, but must have room for the tag") {
  const Packet packet = sealed_size(rtp_packet(1, 0), 10);
  CHECK(parse_rtp(kProfile, packet));
  for (size_t size = 0; size < packet.size(); ++size) CHECK(!parse_rtp(kProfile, Bytes(packet).first(size)));
}

TEST_CASE("lengths that exceed the packet are malformed") {
  Packet csrcs = sealed_size(rtp_packet(1, 20), 10);
  csrcs[0] = 0x8f;
  CHECK(!parse_rtp(kProfile, csrcs));
  Packet extension = sealed_size(rtp_packet(1, 20), 10);
  for (const int words : {8, 9, 0xffff}) {
    store16(extension.data() + 22, static_cast<uint16_t>(words));
    CHECK(!parse_rtp(kProfile, extension));
  }
  store16(extension.data() + 22, 7);
  CHECK(parse_rtp(kProfile, extension));
}

TEST_CASE("only version 2 is RTP or RTCP") {
  Packet rtp = sealed_size(rtp_packet(1, 20), 10);
  Packet rtcp = sealed_size(rtcp_packet(8), 14);
  rtcp[8] = 0x80;
  CHECK(parse_rtcp(kProfile, rtcp));
  for (const int version : {0x00, 0x40, 0xc0}) {
    rtp[0] = rtcp[0] = static_cast<uint8_t>(version);
    CHECK(!parse_rtp(kProfile, rtp));
    CHECK(!parse_rtcp(kProfile, rtcp));
  }
}

TEST_CASE("the SRTCP index lies behind the tag in AEAD, before it in AES-CM") {
  Packet packet = sealed_size(rtcp_packet(28, 77), 20);
  store32(packet.data() + packet.size() - 4, 0x80000003);
  const auto aead = parse_rtcp(Profile::kAeadAes128Gcm, packet);
  REQUIRE(aead);
  CHECK(aead->ssrc == 77);
  CHECK(aead->index == 3);
  store32(packet.data() + packet.size() - 14, 0xffffffff);
  CHECK(parse_rtcp(kProfile, packet)->index == 0x7fffffff);
}

TEST_CASE("SRTCP that is not encrypted is malformed") {
  Packet packet = sealed_size(rtcp_packet(28), 20);
  store32(packet.data() + packet.size() - 4, 3);
  CHECK(!parse_rtcp(Profile::kAeadAes256Gcm, packet));
}

TEST_CASE("an RTCP packet of a header alone is the shortest") {
  Packet packet = sealed_size(rtcp_packet(8), 14);
  packet[8] = 0x80;
  for (size_t size = 0; size < packet.size(); ++size) {
    CHECK(!parse_rtcp(kProfile, Bytes(packet).first(size)));
  }
  CHECK(parse_rtcp(kProfile, packet));
}

}  // namespace
}  // namespace sfu::srtp
