#include "core/base/bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace sfu {

constexpr std::array<uint8_t, 10> kCounting{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0xf9, 0xfa};

TEST_CASE("numbers are read with the highest byte first") {
  CHECK_EQ(load16(kCounting.data() + 8), 0xf9fa);
  CHECK_EQ(load24(kCounting.data() + 7), 0x08f9fa);
  CHECK_EQ(load32(kCounting.data() + 6), 0x0708f9fau);
  CHECK_EQ(load64(kCounting.data() + 2), 0x030405060708f9fau);
}

TEST_CASE("what is stored is loaded") {
  uint8_t p[8];
  store16(p, 0xfedc);
  CHECK_EQ(load16(p), 0xfedc);
  store24(p, 0xfedcba);
  CHECK_EQ(load24(p), 0xfedcba);
  store32(p, 0xfedcba98);
  CHECK_EQ(load32(p), 0xfedcba98);
  store64(p, 0xfedcba9876543210);
  CHECK_EQ(load64(p), 0xfedcba9876543210);
}

TEST_CASE("taking a fixed part moves on behind it") {
  Bytes in = kCounting;
  const auto head = take<8>(in);
  REQUIRE(head);
  CHECK_EQ(head->u8<7>(), 0x08);
  CHECK_EQ(head->u16<0>(), 0x0102);
  CHECK_EQ(head->u24<1>(), 0x020304);
  CHECK_EQ(head->u32<4>(), 0x05060708);
  CHECK_EQ(head->u64<0>(), 0x0102030405060708);
  CHECK_EQ(in.size(), 2);
  CHECK_EQ(in[0], 0xf9);
}

TEST_CASE("taking more than there is leaves the input as it was") {
  Bytes in = Bytes(kCounting).first(3);
  CHECK_FALSE(take<4>(in));
  CHECK_FALSE(take(in, 4));
  CHECK_EQ(in.size(), 3);
  CHECK_EQ(take(in, 3)->size(), 3);
  CHECK(in.empty());
  CHECK(take(in, 0));
  CHECK_FALSE(take(in, SIZE_MAX));
}

TEST_CASE("a writer writes fields one after the other") {
  std::array<uint8_t, 32> out{};
  ByteWriter writer(out);
  writer.u8(1);
  writer.u16(0x0203);
  writer.u24(0x040506);
  writer.u32(0x0708090a);
  writer.u64(0x0b0c0d0e0f101112);
  writer.bytes(Bytes(kCounting).first(2));
  writer.zeros(2);
  CHECK(writer.ok());
  REQUIRE_EQ(writer.size(), 22);
  for (uint8_t i = 0; i < 18; ++i) CHECK_EQ(out[i], i + 1);
  CHECK(std::ranges::equal(writer.written().subspan(18), std::array<uint8_t, 4>{1, 2, 0, 0}));
}

TEST_CASE("a writer stops for good before its end") {
  std::array<uint8_t, 6> out{1, 2, 3, 4, 5, 6};
  ByteWriter writer(MutableBytes(out).first(5));
  writer.u32(0);
  writer.u16(0xffff);
  CHECK_FALSE(writer.ok());
  writer.u8(0xff);
  CHECK_FALSE(writer.ok());
  CHECK_EQ(writer.size(), 4);
  CHECK_EQ(out[4], 5);
}

TEST_CASE("a length may be filled in later, where something was written") {
  std::array<uint8_t, 4> out{};
  ByteWriter writer(out);
  writer.u16(0);
  writer.u16_at(0, 0x1234);
  writer.u16_at(1, 0xffff);
  CHECK_EQ(load16(out.data()), 0x1234);
  CHECK_EQ(load16(out.data() + 2), 0);
}

TEST_CASE("text and bytes are views of each other") {
  CHECK_EQ(as_text(as_bytes("dtls")), "dtls");
  CHECK_EQ(as_bytes("ab")[1], 'b');
}

}  // namespace sfu
