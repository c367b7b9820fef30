#include "core/rtcp/packet.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

TEST_CASE("payload types 192 to 223 are RTCP") {
  for (int second = 0; second < 256; ++second) {
    const std::vector<uint8_t> datagram{0x80, static_cast<uint8_t>(second), 0, 0};
    CHECK(is_rtcp(datagram) == (second >= 192 && second <= 223));
  }
}

TEST_CASE("another version, or less than a header, is not RTCP") {
  CHECK_FALSE(is_rtcp(hex("40c80000")));
  CHECK_FALSE(is_rtcp(hex("c0c80000")));
  CHECK_FALSE(is_rtcp(hex("80c800")));
  CHECK_FALSE(is_rtcp({}));
}

TEST_CASE("a packet is cut from the front") {
  const auto datagram = hex("85cd0001 00000001 80c90000");
  Bytes rest = datagram;
  const auto packet = take_packet(rest);
  REQUIRE(packet);
  CHECK(packet->type == 205);
  CHECK(packet->count == 5);
  CHECK(packet->body.size() == 4);
  CHECK(rest.size() == 4);
}

TEST_CASE("padding is taken off the body") {
  auto datagram = hex("a0cd0002 00000001 00000004");
  Bytes rest = datagram;
  CHECK(take_packet(rest)->body.size() == 4);
  CHECK(rest.empty());
  datagram.back() = 3;
  rest = datagram;
  CHECK(take_packet(rest)->body.size() == 5);
}

TEST_CASE("padding of nothing, or of more than there is, is malformed") {
  CHECK(is_malformed(hex("a0cc0001 00000000")));
  CHECK(is_malformed(hex("a0cc0001 00000005")));
  CHECK(is_malformed(hex("a0cc0000")));
}

}  // namespace
}  // namespace sfu::rtcp
