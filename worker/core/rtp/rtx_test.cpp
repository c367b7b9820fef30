#include "core/rtp/rtx.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/rtp/test_packet.hpp"

namespace sfu::rtp {
namespace {

using test::parsed;

std::vector<uint8_t> rtx(std::initializer_list<int> payload, int first_byte = 0x80) {
  auto bytes = test::fixed_header(first_byte);
  test::append(bytes, payload);
  return bytes;
}

TEST_CASE("a retransmission becomes its original, in fields and bytes") {
  const auto packet = parsed(rtx({0xff, 0xfe, 7, 8, 9}));
  CHECK(unwrap_rtx(*packet, 97, 0x01020304) == Rtx::kOriginal);
  CHECK(packet->sequence == 0xfffe);
  CHECK(packet->payload_type == 97);
  CHECK(packet->ssrc == 0x01020304);
  CHECK(std::ranges::equal(packet->payload_bytes(), test::bytes_of({7, 8, 9})));

  const auto again = parsed({packet->data().begin(), packet->data().end()});
  REQUIRE(again);
  CHECK(again->sequence == 0xfffe);
  CHECK(again->payload_type == 97);
  CHECK(again->marker);
  CHECK(again->timestamp == 0x01020304);
  CHECK(again->ssrc == 0x01020304);
  CHECK(again->payload.size == 3);
}

TEST_CASE("padding stays behind the original's payload") {
  const auto packet = parsed(rtx({0, 5, 7, 0, 2}, 0xa0));
  CHECK(unwrap_rtx(*packet, 97, 1) == Rtx::kOriginal);
  const auto again = parsed({packet->data().begin(), packet->data().end()});
  REQUIRE(again);
  CHECK(again->payload.size == 1);
  CHECK(again->padding == 2);
}

TEST_CASE("an original may have been empty") {
  const auto packet = parsed(rtx({0, 5}));
  CHECK(unwrap_rtx(*packet, 97, 1) == Rtx::kOriginal);
  CHECK(packet->payload.size == 0);
}

TEST_CASE("a packet of padding alone is a probe") {
  CHECK(unwrap_rtx(*parsed(rtx({0, 0, 3}, 0xa0)), 97, 1) == Rtx::kEmpty);
  CHECK(unwrap_rtx(*parsed(rtx({})), 97, 1) == Rtx::kEmpty);
}

TEST_CASE("half a sequence number is malformed") {
  CHECK(unwrap_rtx(*parsed(rtx({1})), 97, 1) == Rtx::kMalformed);
}

TEST_CASE("what is written as a retransmission is read as one") {
  auto source = parsed(rtx({7, 8, 9}));
  const OutgoingHeader header{.payload_type = 101, .sequence = 9, .timestamp = 5, .ssrc = 2};
  std::vector<uint8_t> out(64);
  const size_t size = write_rtx_header(out, header, 0xabcd, *source, {}, {});
  CHECK(size == header_size(*source, {}, {}) + 2);
  std::ranges::copy(source->payload_bytes(), out.begin() + static_cast<std::ptrdiff_t>(size));
  out.resize(size + 3);

  const auto received = parsed(out);
  REQUIRE(received);
  CHECK(received->ssrc == 2);
  CHECK(unwrap_rtx(*received, 100, 1) == Rtx::kOriginal);
  CHECK(received->sequence == 0xabcd);
  CHECK(std::ranges::equal(received->payload_bytes(), source->payload_bytes()));
}

TEST_CASE("a slot without room for the original's number is refused") {
  std::vector<uint8_t> out(13);
  CHECK(write_rtx_header(out, {}, 1, *parsed(rtx({})), {}, {}) == 0);
}

}  // namespace
}  // namespace sfu::rtp
