#include "core/srtp/key_derivation.hpp"

#include <doctest/doctest.h>

#include "core/srtp/test_packets.hpp"

namespace sfu::srtp {
namespace {

std::string first(const auto& bytes, size_t size) { return to_hex(Bytes(bytes).first(size)); }

TEST_CASE("the session keys of RFC 3711, appendix B.3") {
  const Master master = master_of("e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6");
  const SessionKeys keys = derive(Profile::kAesCm128HmacSha1_80, master);
  CHECK(first(keys.rtp.cipher, 16) == "c61e7a93744f39ee10734afe3ff7a087");
  CHECK(first(keys.rtp.salt, 14) == "30cbbc08863d8c85d49db34a9ae1");
  CHECK(first(keys.rtp.authentication, 20) == "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

TEST_CASE("RTP and RTCP get different keys, of the profile's sizes") {
  for (const Profile profile : kProfiles) {
    const SessionKeys keys = derive(profile, random_master(7));
    CHECK(keys.rtp.cipher != keys.rtcp.cipher);
    CHECK(keys.rtp.salt != keys.rtcp.salt);
    CHECK((keys.rtp.authentication == keys.rtcp.authentication) == is_aead(profile));
    for (size_t i = key_size(profile); i < 32; ++i) CHECK(keys.rtp.cipher[i] == 0);
    for (size_t i = salt_size(profile); i < 14; ++i) CHECK(keys.rtp.salt[i] == 0);
  }
}

TEST_CASE("bytes behind the profile's master key and salt do not matter") {
  Master longer = random_master(7);
  Master shorter = longer;
  shorter.key[16] ^= 1;
  shorter.salt[12] ^= 1;
  const SessionKeys a = derive(Profile::kAeadAes128Gcm, longer), b = derive(Profile::kAeadAes128Gcm, shorter);
  CHECK(a.rtp.cipher == b.rtp.cipher);
  CHECK(a.rtcp.salt == b.rtcp.salt);
}

}  // namespace
}  // namespace sfu::srtp
