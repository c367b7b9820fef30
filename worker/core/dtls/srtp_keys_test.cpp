#include "core/dtls/srtp_keys.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace sfu::dtls {

namespace {

std::vector<uint8_t> counting(size_t size) {
  std::vector<uint8_t> out(size);
  std::iota(out.begin(), out.end(), uint8_t{0});
  return out;
}

// Whether `array` is `count` numbers counting from `first`, and zeros.
template <size_t N>
bool counts(const std::array<uint8_t, N>& array, size_t first, size_t count) {
  for (size_t i = 0; i < N; ++i)
    if (array[i] != (i < count ? first + i : 0)) return false;
  return true;
}

}  // namespace

TEST_CASE("the profiles export as many bytes as RFC 5764 and RFC 7714 say") {
  CHECK_EQ(keying_material_size(srtp::Profile::kAeadAes128Gcm), 2 * (16 + 12));
  CHECK_EQ(keying_material_size(srtp::Profile::kAeadAes256Gcm), 2 * (32 + 12));
  CHECK_EQ(keying_material_size(srtp::Profile::kAesCm128HmacSha1_80), 2 * (16 + 14));
  CHECK_EQ(keying_material_size(srtp::Profile::kAesCm128HmacSha1_32), 2 * (16 + 14));
}

TEST_CASE("keys come first, then salts, the client's before the server's") {
  const SrtpKeys keys =
      split_keying_material(srtp::Profile::kAesCm128HmacSha1_80, counting(60), Role::kClient);
  CHECK(counts(keys.send.key, 0, 16));
  CHECK(counts(keys.receive.key, 16, 16));
  CHECK(counts(keys.send.salt, 32, 14));
  CHECK(counts(keys.receive.salt, 46, 14));
}

TEST_CASE("what the client sends with the server receives with") {
  const SrtpKeys keys = split_keying_material(srtp::Profile::kAeadAes256Gcm, counting(88), Role::kServer);
  CHECK(counts(keys.receive.key, 0, 32));
  CHECK(counts(keys.send.key, 32, 32));
  CHECK(counts(keys.receive.salt, 64, 12));
  CHECK(counts(keys.send.salt, 76, 12));
}

}  // namespace sfu::dtls
