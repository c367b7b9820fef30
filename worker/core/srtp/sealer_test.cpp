#include "core/srtp/sealer.hpp"

#include <doctest/doctest.h>

#include <map>

#include "core/srtp/test_packets.hpp"

namespace sfu::srtp {
namespace {

constexpr size_t kSizes[] = {0, 1, 2, 15, 16, 17, 63, 64, 65, 120, 500, 1187, 1200, 1400};

// Room for sealed packets without gaps, and what lies behind to see that nothing is written there.
class Slots {
 public:
  explicit Slots(size_t packets) : store_(packets * 1500 + kGuards, kGuard) {}
  // A job for `plain` with its index's ROC, its payload elsewhere or in place. `plain` must live on.
  SealJob add(SendKeys& keys, const Packet& plain, uint64_t rollovers = 0, bool in_place = false) {
    uint8_t* out = store_.data() + used_;
    std::ranges::copy(Bytes(plain).first(in_place ? plain.size() : kTestHeader), out);
    used_ += plain.size() + rtp_overhead(keys.profile());
    std::ranges::fill(MutableBytes(store_).subspan(used_, kGuards), kGuard);
    return {.keys = &keys,
            .index = rollovers << 16 | load16(plain.data() + 2),
            .out = out,
            .header = kTestHeader,
            .payload_size = static_cast<uint16_t>(plain.size() - kTestHeader),
            .payload = in_place ? out + kTestHeader : plain.data() + kTestHeader};
  }
  bool is_clean_behind() const {
    return std::ranges::count(Bytes(store_).subspan(used_, kGuards), kGuard) == kGuards;
  }

 private:
  static constexpr uint8_t kGuard = 0xa5;
  static constexpr size_t kGuards = 64;
  std::vector<uint8_t> store_;
  size_t used_ = 0;
};

Packet sealed(const SealJob& job) {
  return {job.out, job.out + job.header + job.payload_size + rtp_overhead(job.keys->profile())};
}

Packet seal(Sealer& sealer, SendKeys& keys, const Packet& plain, uint64_t rollovers, bool in_place = false) {
  Slots slots(1);
  const SealJob job = slots.add(keys, plain, rollovers, in_place);
  sealer.seal({&job, 1});
  CHECK(slots.is_clean_behind());
  return sealed(job);
}

void each(auto&& test) {
  for (const Backend backend : backends()) {
    for (const Profile profile : kProfiles) {
      CAPTURE(static_cast<int>(backend));
      CAPTURE(static_cast<int>(profile));
      test(backend, profile);
    }
  }
}

TEST_CASE("a sealed packet is byte for byte that of libsrtp, in place and out of place") {
  each([](Backend backend, Profile profile) {
    for (const bool in_place : {false, true}) {
      const Master master = random_master(1);
      Oracle oracle = sending_oracle(profile, master);
      SendKeys keys(profile, master, backend);
      Sealer sealer(backend);
      uint16_t sequence = 1;
      for (const size_t size : kSizes) {
        const Packet plain = rtp_packet(sequence++, size);
        CHECK(seal(sealer, keys, plain, 0, in_place) == *oracle.protect(plain));
      }
    }
  });
}

TEST_CASE("the plaintext of an out-of-place job is left alone") {
  each([](Backend backend, Profile profile) {
    SendKeys keys(profile, random_master(1), backend);
    Sealer sealer(backend);
    const Packet plain = rtp_packet(7, 300);
    seal(sealer, keys, plain, 0);
    CHECK(plain == rtp_packet(7, 300));
  });
}

TEST_CASE("ROC follows the index around the wrap") {
  each([](Backend backend, Profile profile) {
    const Master master = random_master(2);
    Oracle oracle = sending_oracle(profile, master);
    SendKeys keys(profile, master, backend);
    Sealer sealer(backend);
    for (uint64_t index = 65530; index < 65536 + 10; ++index) {
      const Packet plain = rtp_packet(static_cast<uint16_t>(index), 100);
      CHECK(seal(sealer, keys, plain, index >> 16) == *oracle.protect(plain));
    }
  });
}

// Jumps of 20,000 through three cycles: what libsrtp makes of each, by index.
std::map<uint64_t, Packet> long_stream(Profile profile, const Master& master) {
  Oracle oracle = sending_oracle(profile, master);
  std::map<uint64_t, Packet> stream;
  for (uint64_t index = 500; index < 3 << 16; index += 20'000) {
    stream[index] = *oracle.protect(rtp_packet(static_cast<uint16_t>(index), 100));
  }
  return stream;
}

TEST_CASE("indexes may come in any order and again, as retransmissions do") {
  each([](Backend backend, Profile profile) {
    const Master master = random_master(3);
    const auto stream = long_stream(profile, master);
    SendKeys keys(profile, master, backend);
    Sealer sealer(backend);
    const auto check = [&](const auto& entry) {
      const auto& [index, expected] = entry;
      const Packet plain = rtp_packet(static_cast<uint16_t>(index), 100);
      CHECK(seal(sealer, keys, plain, index >> 16) == expected);
    };
    std::for_each(stream.rbegin(), stream.rend(), check);
    std::for_each(stream.begin(), stream.end(), check);
    check(*stream.rbegin());
    check(*stream.begin());
  });
}

TEST_CASE("a recent packet sealed again is the same packet") {
  each([](Backend backend, Profile profile) {
    SendKeys keys(profile, random_master(3), backend);
    Sealer sealer(backend);
    std::vector<Packet> first;
    const auto seal_again = [&](uint64_t index) {
      return seal(sealer, keys, rtp_packet(static_cast<uint16_t>(index), 50), index >> 16);
    };
    for (uint64_t index = 65500; index < 65600; ++index) first.push_back(seal_again(index));
    for (uint64_t index = 65599; index >= 65500; index -= 9) CHECK(seal_again(index) == first[index - 65500]);
  });
}

TEST_CASE("many SSRCs may share keys, more than libsrtp is let keep") {
  for (const Profile profile : {Profile::kAeadAes128Gcm, Profile::kAesCm128HmacSha1_80}) {
    const Master master = random_master(4);
    SendKeys libsrtp(profile, master, Backend::kLibsrtp), openssl(profile, master, Backend::kOpenSsl);
    Sealer sealer(Backend::kOpenSsl);
    for (uint32_t i = 0; i < 2500; ++i) {
      const Packet plain = rtp_packet(static_cast<uint16_t>(i), 20, i % 1250);
      CHECK(seal(sealer, libsrtp, plain, i % 3) == seal(sealer, openssl, plain, i % 3));
    }
  }
}

// Several keys of one backend, each with the oracle that knows what it makes.
struct Senders {
  explicit Senders(Backend backend) {
    for (uint64_t i = 0; i < 8; ++i) {
      const Profile profile = kProfiles[i % kProfiles.size()];
      const Master master = random_master(100 + i);
      keys.push_back(std::make_unique<SendKeys>(profile, master, backend));
      oracles.push_back(sending_oracle(profile, master));
    }
  }
  std::vector<std::unique_ptr<SendKeys>> keys;
  std::vector<Oracle> oracles;
};

TEST_CASE("a batch of mixed profiles, keys and sizes in adjoining slots is as its packets one by one") {
  for (const Backend backend : backends()) {
    CAPTURE(static_cast<int>(backend));
    Senders senders(backend);
    Sealer sealer(backend);
    Random random(5);
    uint16_t sequence = 0;
    for (const size_t batch : std::initializer_list<size_t>{0, 1, 2, 3, 4, 5, 16, 50, 64, 65, 130}) {
      CAPTURE(batch);
      Slots slots(batch);
      std::vector<Packet> plain, expected;
      std::vector<SealJob> jobs;
      plain.reserve(batch);
      for (size_t i = 0; i < batch; ++i) {
        const size_t sender = random.below(8);
        plain.push_back(rtp_packet(sequence++, kSizes[random.below(std::size(kSizes))]));
        expected.push_back(*senders.oracles[sender].protect(plain.back()));
        jobs.push_back(slots.add(*senders.keys[sender], plain.back(), 0, random.below(2) == 0));
      }
      sealer.seal(jobs);
      for (size_t i = 0; i < batch; ++i) CHECK(sealed(jobs[i]) == expected[i]);
      CHECK(slots.is_clean_behind());
    }
  }
}

TEST_CASE("a batch of one AES-CM profile is as its packets one by one, however many there are") {
  const Profile profile = Profile::kAesCm128HmacSha1_32;
  const Master master = random_master(6);
  SendKeys keys(profile, master);
  Sealer sealer;
  for (size_t batch = 1; batch < 70; ++batch) {
    Oracle oracle = sending_oracle(profile, master);
    Slots slots(batch);
    std::vector<Packet> plain;
    std::vector<SealJob> jobs;
    plain.reserve(batch);
    for (size_t i = 0; i < batch; ++i) {
      plain.push_back(rtp_packet(static_cast<uint16_t>(i), 37 * i % 1300));
      jobs.push_back(slots.add(keys, plain.back()));
    }
    sealer.seal(jobs);
    for (size_t i = 0; i < batch; ++i) CHECK(sealed(jobs[i]) == *oracle.protect(plain[i]));
  }
}

TEST_CASE("a sealer seals with the keys of every backend") {
  const Master master = random_master(7);
  const Profile profile = Profile::kAesCm128HmacSha1_80;
  const Packet plain = rtp_packet(1, 200), expected = *sending_oracle(profile, master).protect(plain);
  for (const Backend sealers : backends()) {
    for (const Backend own : backends()) {
      SendKeys keys(profile, master, own);
      Sealer sealer(sealers);
      CHECK(seal(sealer, keys, plain, 0) == expected);
    }
  }
}

TEST_CASE("keys work on after they were moved") {
  const Master master = random_master(7);
  each([&](Backend backend, Profile profile) {
    SendKeys keys(profile, master, backend);
    SendKeys moved = std::move(keys);
    Sealer sealer(backend);
    const Packet plain = rtp_packet(1, 200);
    CHECK(seal(sealer, moved, plain, 0) == *sending_oracle(profile, master).protect(plain));
  });
}

TEST_CASE("libsrtp opens our RTCP, and its first index is 1") {
  each([](Backend backend, Profile profile) {
    const Master master = random_master(8);
    Oracle oracle = receiving_oracle(profile, master);
    SendKeys keys(profile, master, backend);
    uint32_t index = 1;
    for (const size_t size : std::initializer_list<size_t>{8, 12, 28, 200, 1200}) {
      const Packet plain = rtcp_packet(size);
      Packet packet = plain;
      packet.resize(size + rtcp_overhead(profile) + 1, 0xa5);
      REQUIRE(keys.seal_rtcp(packet, size) == size + rtcp_overhead(profile));
      CHECK(packet.back() == 0xa5);
      packet.pop_back();
      CHECK(load32(packet.data() + rtcp_index_at(profile, packet.size())) == (kRtcpEncrypted | index++));
      CHECK(oracle.unprotect_rtcp(packet) == plain);
    }
  });
}

}  // namespace
}  // namespace sfu::srtp
