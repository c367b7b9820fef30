// What the tests of this folder share: packets, keys, and libsrtp by its own interface as the oracle.
#pragma once

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/random.hpp"
#include "core/srtp/backend.hpp"
#include "core/srtp/libsrtp_session.hpp"
#include "core/srtp/profile.hpp"

namespace sfu::srtp {

using Packet = std::vector<uint8_t>;

inline constexpr std::array kProfiles = {Profile::kAeadAes128Gcm, Profile::kAeadAes256Gcm,
                                         Profile::kAesCm128HmacSha1_80, Profile::kAesCm128HmacSha1_32};

inline std::vector<Backend> backends() {
  std::vector<Backend> all = {Backend::kIpsecMb, Backend::kOpenSsl, Backend::kLibsrtp};
  std::erase_if(all, [](Backend backend) { return !is_available(backend); });
  return all;
}

inline std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

inline Packet from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Packet bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return bytes;
}

inline Master master_of(std::string_view key, std::string_view salt) {
  Master master;
  std::ranges::copy(from_hex(key), master.key.begin());
  std::ranges::copy(from_hex(salt), master.salt.begin());
  return master;
}

inline Master random_master(uint64_t seed) {
  Random random(seed);
  Master master;
  random.fill(master.key);
  random.fill(master.salt);
  return master;
}

// An RTP packet with two CSRCs and a header extension of eight bytes.
inline constexpr size_t kTestHeader = 12 + 2 * 4 + 4 + 8;
inline Packet rtp_packet(uint16_t sequence, size_t payload, uint32_t ssrc = 0x12345678) {
  Packet packet(kTestHeader + payload);
  Random(uint64_t{sequence} << 32 | payload).fill(packet);
  packet[0] = 0x92;
  store16(packet.data() + 2, sequence);
  store32(packet.data() + 8, ssrc);
  store32(packet.data() + 20, 0xbede0002);
  return packet;
}

inline Packet rtcp_packet(size_t size, uint32_t ssrc = 0x12345678) {
  Packet packet(size);
  Random(size).fill(packet);
  packet[0] = 0x80;
  packet[1] = 200;
  store32(packet.data() + 4, ssrc);
  return packet;
}

class Oracle {
 public:
  Oracle(Profile profile, const Master& master, srtp_ssrc_type_t type) {
    init_libsrtp();
    std::array<uint8_t, 46> key{};
    std::copy_n(master.key.begin(), key_size(profile), key.begin());
    std::copy_n(master.salt.begin(), salt_size(profile), key.begin() + static_cast<long>(key_size(profile)));
    srtp_policy_t policy{};
    set_profile(profile, policy);
    policy.ssrc.type = type;
    policy.key = key.data();
    policy.window_size = 1024;
    srtp_t context = nullptr;
    srtp_create(&context, &policy);
    context_.reset(context);
  }

  std::optional<Packet> protect(Packet packet) { return with(srtp_protect, std::move(packet)); }
  std::optional<Packet> unprotect(Packet packet) { return with(srtp_unprotect, std::move(packet)); }
  std::optional<Packet> protect_rtcp(Packet packet) { return with(srtp_protect_rtcp, std::move(packet)); }
  std::optional<Packet> unprotect_rtcp(Packet packet) { return with(srtp_unprotect_rtcp, std::move(packet)); }

 private:
  static void set_profile(Profile profile, srtp_policy_t& policy) {
    constexpr std::array kNames = {srtp_profile_aead_aes_128_gcm, srtp_profile_aead_aes_256_gcm,
                                   srtp_profile_aes128_cm_sha1_80, srtp_profile_aes128_cm_sha1_32};
    const auto name = kNames[static_cast<size_t>(profile)];
    srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, name);
    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, name);
  }
  std::optional<Packet> with(auto function, Packet packet) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    if (function(context_.get(), packet.data(), &size) != srtp_err_status_ok) return std::nullopt;
    packet.resize(static_cast<size_t>(size));
    return packet;
  }

  struct Free {
    void operator()(srtp_ctx_t* context) const { srtp_dealloc(context); }
  };
  std::unique_ptr<srtp_ctx_t, Free> context_;
};

inline Oracle sending_oracle(Profile profile, const Master& master) {
  return {profile, master, ssrc_any_outbound};
}
inline Oracle receiving_oracle(Profile profile, const Master& master) {
  return {profile, master, ssrc_any_inbound};
}

}  // namespace sfu::srtp
