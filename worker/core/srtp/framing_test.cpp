#include "core/srtp/framing.hpp"

#include <doctest/doctest.h>

#include "core/srtp/keys.hpp"
#include "core/srtp/test_packets.hpp"

namespace sfu::srtp {
namespace {

const char* const kKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const char* const kRtp =
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976697361206"
    "96e207061727465732074726573";
const char* const kRtcp =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbee"
    "f";

// RFC 7714, 16 and 17 give the session key and salt themselves.
SessionKeys session_keys(Profile profile) {
  const Master master =
      master_of(std::string_view(kKey).substr(0, 2 * key_size(profile)), "517569642070726f2071756f");
  SessionKey key{.cipher = master.key, .salt = master.salt};
  return {.rtp = key, .rtcp = key};
}

template <class Cipher>
std::string seal_rtp(Profile profile) {
  Framing<Cipher> keys(profile, session_keys(profile), Direction::kSeal);
  const Packet plain = from_hex(kRtp);
  Packet packet(plain.begin(), plain.begin() + 12);
  packet.resize(plain.size() + rtp_overhead(profile));
  keys.seal_rtp({.index = 0xf17b,
                 .out = packet.data(),
                 .header = 12,
                 .payload_size = static_cast<uint16_t>(plain.size() - 12),
                 .payload = plain.data() + 12});
  return to_hex(packet);
}

template <class Cipher>
std::string seal_rtcp(Profile profile, uint32_t index) {
  Framing<Cipher> keys(profile, session_keys(profile), Direction::kSeal, RtcpIndex(index - 1));
  Packet packet = from_hex(kRtcp);
  const size_t size = packet.size();
  packet.resize(size + rtcp_overhead(profile));
  packet.resize(keys.seal_rtcp(packet, size));
  return to_hex(packet);
}

TEST_CASE_TEMPLATE_DEFINE("the packets of RFC 7714, 16 and 17", Cipher, vectors) {
  CHECK(seal_rtp<Cipher>(Profile::kAeadAes128Gcm) ==
        "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
        "899d7f27beb16a9152cf765ee4390cce");
  CHECK(seal_rtp<Cipher>(Profile::kAeadAes256Gcm) ==
        "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
        "7aa3db36dfffd6b0f9bb7878d7a76c13");
  CHECK(seal_rtcp<Cipher>(Profile::kAeadAes128Gcm, 0x5d4) ==
        "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9"
        "275bc84aa45896cf4d2fc5abf87245d9eade800005d4");
}
TEST_CASE_TEMPLATE_INVOKE(vectors, OpenSslCipher);
#ifdef CONSOMME_IPSEC_MB
TEST_CASE_TEMPLATE_INVOKE(vectors, IpsecMbCipher);
#endif

TEST_CASE("the SRTCP index ends at 2^31 - 1") {
  const SessionKeys keys = derive(Profile::kAesCm128HmacSha1_80, random_master(1));
  Framing<OpenSslCipher> sender(Profile::kAesCm128HmacSha1_80, keys, Direction::kSeal, RtcpIndex(0x7ffffffe));
  Packet packet = rtcp_packet(28);
  packet.resize(28 + rtcp_overhead(Profile::kAesCm128HmacSha1_80));
  CHECK(sender.seal_rtcp(packet, 28) == packet.size());
  CHECK(load32(packet.data() + 28) == 0xffffffff);
  CHECK(sender.seal_rtcp(packet, 28) == 0);
}

TEST_CASE("the nonce of AES-CM is that of RFC 3711, 4.1.1, and holds 48 bits of index") {
  const Nonce nonce = make_nonce(false, Salt{}, 0x01020304, 0xa1a2a3a4b1b2);
  CHECK(to_hex(nonce) == "0000000001020304a1a2a3a4b1b20000");
}

TEST_CASE("the nonce of AEAD is that of RFC 7714, 8.1") {
  const Nonce nonce = make_nonce(true, session_keys(Profile::kAeadAes128Gcm).rtp.salt, 0x5501a0b2, 0xf17b);
  CHECK(to_hex(Bytes(nonce).first(12)) == "51753c6580c2726f20718414");
}

}  // namespace
}  // namespace sfu::srtp
