#include "core/srtp/hmac_sha1.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "core/srtp/test_packets.hpp"

namespace sfu::srtp {
namespace {

TEST_CASE("the first example of RFC 2202, 3") {
  std::array<uint8_t, 20> key;
  key.fill(0x0b);
  const auto tag = HmacSha1(key).tag(as_bytes("Hi"), as_bytes(" T"), load32(as_bytes("here").data()));
  CHECK(to_hex(tag) == "b617318655057264e28bc0b6fb378c8ef146be00");
}

TEST_CASE("head, text and trailer are hashed as one, of any length") {
  std::array<uint8_t, 20> key;
  Random(3).fill(key);
  for (size_t size = 6; size < 200; ++size) {
    const Packet data = rtp_packet(1, size);
    const Bytes all(data), head = all.first(size / 3), text = all.subspan(size / 3, size - size / 3 - 4);
    std::array<uint8_t, 20> expected;
    unsigned length = 0;
    HMAC(EVP_sha1(), key.data(), 20, data.data(), size, expected.data(), &length);
    CHECK(HmacSha1(key).tag(head, text, load32(data.data() + size - 4)) == expected);
  }
}

}  // namespace
}  // namespace sfu::srtp
