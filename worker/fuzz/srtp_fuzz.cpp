// SRTP and SRTCP from the network, in all profiles and backends: whatever bytes come, and what a remote who
// has the keys may seal of them, its lengths true or not.
#include <algorithm>
#include <array>
#include <vector>

#include "core/srtp/opener.hpp"
#include "core/srtp/sealer.hpp"

namespace {

using namespace sfu;
using namespace sfu::srtp;

constexpr std::array kProfiles = {Profile::kAeadAes128Gcm, Profile::kAeadAes256Gcm,
                                  Profile::kAesCm128HmacSha1_80, Profile::kAesCm128HmacSha1_32};

std::vector<Backend> backends() {
  std::vector<Backend> all = {Backend::kIpsecMb, Backend::kOpenSsl, Backend::kLibsrtp};
  std::erase_if(all, [](Backend backend) { return !is_available(backend); });
  return all;
}

std::vector<uint8_t> seal_rtp(SendKeys& keys, Bytes plain, size_t header) {
  static Sealer sealer;
  std::vector<uint8_t> packet(plain.begin(), plain.end());
  packet.resize(plain.size() + rtp_overhead(keys.profile()));
  const SealJob job{.keys = &keys,
                    .index = load16(plain.data() + 2),
                    .out = packet.data(),
                    .header = static_cast<uint16_t>(header),
                    .payload_size = static_cast<uint16_t>(plain.size() - header),
                    .payload = plain.data() + header};
  sealer.seal({&job, 1});
  return packet;
}

std::vector<uint8_t> seal_rtcp(SendKeys& keys, Bytes plain) {
  std::vector<uint8_t> packet(plain.begin(), plain.end());
  packet.resize(plain.size() + rtcp_overhead(keys.profile()));
  packet.resize(keys.seal_rtcp(packet, plain.size()));
  return packet;
}

bool is(Bytes packet, const Opened& opened, Bytes plain) {
  return opened && std::ranges::equal(packet.first(opened.size()), plain);
}

// One opener that lives on, and a fresh one for each input, which knows no SSRC.
void open_all(Opener& old, Profile profile, const Master& master, Backend backend, Bytes input) {
  Opener fresh(profile, master, backend);
  for (Opener* opener : {&old, &fresh}) {
    std::vector<uint8_t> rtp(input.begin(), input.end()), rtcp = rtp;
    static_cast<void>(opener->open_rtp(rtp));
    static_cast<void>(opener->open_rtcp(rtcp));
  }
}

void open_sealed(Profile profile, const Master& master, Backend backend, Bytes input) {
  // OpenSSL seals whatever it is told is a header; libsrtp would refuse what the header belies.
  SendKeys keys(profile, master, Backend::kOpenSsl);
  Opener opener(profile, master, backend);
  if (input.size() >= kRtcpHeader) {
    std::vector<uint8_t> packet = seal_rtcp(keys, input);
    const Opened opened = opener.open_rtcp(packet);
    CHECK((input[0] & 0xc0) != 0x80 || is(packet, opened, input));
  }
  if (input.size() < 12) return;
  std::vector<uint8_t> lying = seal_rtp(keys, input, 12 + input[1] % (input.size() - 11));
  static_cast<void>(opener.open_rtp(lying));
  std::vector<uint8_t> with_room(input.begin(), input.end());
  with_room.resize(input.size() + rtp_overhead(profile));
  const auto header = parse_rtp(profile, with_room);
  if (!header) return;
  std::vector<uint8_t> honest = seal_rtp(keys, input, header->size);
  Opener unbiased(profile, master, backend);
  std::vector<uint8_t> again = honest;
  CHECK(is(honest, unbiased.open_rtp(honest), input));
  CHECK(unbiased.open_rtp(again).why() == Drop::kReplayed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static std::vector<Opener> openers;
  static const Master master{};
  const std::vector<Backend> all = backends();
  if (openers.empty()) {
    for (const Backend backend : all) {
      for (const Profile profile : kProfiles) openers.emplace_back(profile, master, backend);
    }
  }
  if (size == 0 || size > 2000) return 0;
  const size_t chosen = data[0] % openers.size();
  const Profile profile = kProfiles[chosen % kProfiles.size()];
  const Backend backend = all[chosen / kProfiles.size()];
  const Bytes input = Bytes(data, size).subspan(1);
  open_all(openers[chosen], profile, master, backend, input);
  open_sealed(profile, master, backend, input);
  return 0;
}
