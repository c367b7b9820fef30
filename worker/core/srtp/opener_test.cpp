#include "core/srtp/opener.hpp"

#include <doctest/doctest.h>

#include "core/srtp/test_packets.hpp"

namespace sfu::srtp {
namespace {

using Open = Opened (Opener::*)(MutableBytes);

// What was opened, or nothing.
std::optional<Packet> open(Opener& opener, Open how, Packet packet) {
  const Opened opened = (opener.*how)(packet);
  if (!opened) return std::nullopt;
  packet.resize(opened.size());
  return packet;
}
std::optional<Packet> open_rtp(Opener& opener, const Packet& packet) {
  return open(opener, &Opener::open_rtp, packet);
}
std::optional<Packet> open_rtcp(Opener& opener, const Packet& packet) {
  return open(opener, &Opener::open_rtcp, packet);
}
Drop why_not(Opener& opener, Open how, Packet packet) { return (opener.*how)(packet).why(); }
Drop why_not_rtp(Opener& opener, const Packet& packet) { return why_not(opener, &Opener::open_rtp, packet); }
Drop why_not_rtcp(Opener& opener, const Packet& packet) {
  return why_not(opener, &Opener::open_rtcp, packet);
}

// One remote, played by libsrtp, and our end.
struct Link {
  Link(Backend backend, Profile used)
      : profile(used), remote(sending_oracle(used, random_master(9))), us(used, random_master(9), backend) {}
  Packet rtp(uint64_t index, size_t payload = 100, uint32_t ssrc = 1) {
    return *remote.protect(rtp_packet(static_cast<uint16_t>(index), payload, ssrc));
  }
  std::vector<Packet> stream(uint64_t first, uint64_t count) {
    std::vector<Packet> packets;
    for (uint64_t index = first; index < first + count; ++index) packets.push_back(rtp(index));
    return packets;
  }
  Packet rtcp(size_t size = 60, uint32_t ssrc = 1) { return *remote.protect_rtcp(rtcp_packet(size, ssrc)); }

  Profile profile;
  Oracle remote;
  Opener us;
};

void each(auto&& test) {
  for (const Backend backend : backends()) {
    for (const Profile profile : kProfiles) {
      CAPTURE(static_cast<int>(backend));
      CAPTURE(static_cast<int>(profile));
      Link link(backend, profile);
      test(link);
    }
  }
}

TEST_CASE("what libsrtp sealed opens to what it was") {
  each([](Link& link) {
    uint16_t sequence = 1;
    for (const size_t size : std::initializer_list<size_t>{0, 1, 15, 16, 17, 64, 120, 1187, 1200, 1400}) {
      CHECK(open_rtp(link.us, link.rtp(sequence, size)) == rtp_packet(sequence, size, 1));
      ++sequence;
    }
  });
}

TEST_CASE("ROC is followed around the wrap") {
  each([](Link& link) {
    for (uint64_t index = 65530; index < 65536 + 10; ++index) CHECK(open_rtp(link.us, link.rtp(index)));
  });
}

TEST_CASE("ROC is followed through many cycles") {
  each([](Link& link) {
    for (uint64_t index = 7; index < 5 << 16; index += 32'000) CHECK(open_rtp(link.us, link.rtp(index)));
  });
}

TEST_CASE("packets that overtake each other around the wrap open once each") {
  each([](Link& link) {
    const auto packets = link.stream(65536 - 20, 40);
    for (const size_t i : std::initializer_list<size_t>{0, 5, 25, 18, 19, 20, 39, 21, 1, 3, 2, 38}) {
      CHECK(open_rtp(link.us, packets[i]));
      CHECK(why_not_rtp(link.us, packets[i]) == Drop::kReplayed);
    }
  });
}

TEST_CASE("a packet that is replayed or older than the window is refused") {
  each([](Link& link) {
    const auto packets = link.stream(1000, 1025);
    CHECK(open_rtp(link.us, packets.back()));
    CHECK(why_not_rtp(link.us, packets.back()) == Drop::kReplayed);
    CHECK(why_not_rtp(link.us, packets[0]) == Drop::kReplayed);
    CHECK(open_rtp(link.us, packets[1]));
    CHECK(why_not_rtp(link.us, packets[1]) == Drop::kReplayed);
  });
}

// The packet with each single byte changed, one after the other.
void each_forgery(const Packet& packet, auto&& test) {
  Random random(packet.size());
  for (size_t at = 0; at < packet.size(); ++at) {
    CAPTURE(at);
    Packet forged = packet;
    forged[at] = static_cast<uint8_t>(forged[at] ^ 1 << random.below(8));
    test(forged);
  }
}

TEST_CASE("a packet changed at any byte is refused, and the genuine one still opens") {
  each([](Link& link) {
    CHECK(open_rtp(link.us, link.rtp(65000)));
    const Packet packet = link.rtp(65001, 70);
    each_forgery(packet, [&](const Packet& forged) { CHECK(!open_rtp(link.us, forged)); });
    CHECK(open_rtp(link.us, packet) == rtp_packet(65001, 70, 1));
  });
}

TEST_CASE("a packet cut short or grown is refused, and the genuine one still opens") {
  each([](Link& link) {
    const Packet packet = link.rtp(5, 40);
    for (size_t size = 0; size < packet.size(); ++size) {
      CHECK(!open_rtp(link.us, Packet(packet.begin(), packet.begin() + static_cast<long>(size))));
    }
    Packet longer = packet;
    longer.push_back(0);
    CHECK(why_not_rtp(link.us, longer) == Drop::kNotAuthentic);
    CHECK(open_rtp(link.us, packet));
  });
}

TEST_CASE("forged packets make no state and move none") {
  each([](Link& link) {
    const auto packets = link.stream(100, 3);
    const auto forge = [&](uint16_t sequence, uint32_t ssrc) {
      Packet forged = packets[0];
      store16(forged.data() + 2, sequence);
      store32(forged.data() + 8, ssrc);
      CHECK(why_not_rtp(link.us, forged) == Drop::kNotAuthentic);
    };
    forge(40'000, 1);
    CHECK(open_rtp(link.us, packets[0]));
    for (uint32_t ssrc = 2; ssrc < 1000; ++ssrc) forge(40'000, ssrc);
    forge(32'000, 1);
    forge(64'000, 1);
    CHECK(open_rtp(link.us, packets[2]));
    CHECK(why_not_rtp(link.us, packets[0]) == Drop::kReplayed);
    CHECK(open_rtp(link.us, packets[1]));
  });
}

TEST_CASE("a packet sealed with other keys is not authentic") {
  each([](Link& link) {
    Oracle stranger = sending_oracle(link.profile, random_master(10));
    CHECK(why_not_rtp(link.us, *stranger.protect(rtp_packet(1, 100))) == Drop::kNotAuthentic);
    CHECK(why_not_rtcp(link.us, *stranger.protect_rtcp(rtcp_packet(100))) == Drop::kNotAuthentic);
  });
}

TEST_CASE("SSRCs have ROC and replay window of their own") {
  each([](Link& link) {
    for (uint64_t index = 65530; index < 65540; ++index) {
      for (uint32_t ssrc = 1; ssrc < 4; ++ssrc) {
        const Packet packet = link.rtp(index + ssrc * 10'000, 10, ssrc);
        CHECK(open_rtp(link.us, packet));
        CHECK(why_not_rtp(link.us, packet) == Drop::kReplayed);
      }
    }
  });
}

TEST_CASE("a remote with more SSRCs than we remember is served, and those in use are not forgotten") {
  each([](Link& link) {
    const Packet first = link.rtp(7, 10, 1000);
    CHECK(open_rtp(link.us, first));
    for (uint32_t ssrc = 0; ssrc < 600; ++ssrc) {
      CHECK(open_rtp(link.us, link.rtp(65'300 + ssrc, 10, 1)));
      CHECK(open_rtp(link.us, link.rtp(1, 10, 10'000 + ssrc)));
    }
    // Forgotten long ago, 1000 starts anew.
    CHECK(open_rtp(link.us, first));
  });
}

TEST_CASE("what libsrtp sealed of RTCP opens to what it was, once") {
  each([](Link& link) {
    for (const size_t size : std::initializer_list<size_t>{8, 12, 28, 60, 200, 1200}) {
      const Packet packet = link.rtcp(size);
      CHECK(open_rtcp(link.us, packet) == rtcp_packet(size, 1));
      CHECK(why_not_rtcp(link.us, packet) == Drop::kReplayed);
    }
  });
}

TEST_CASE("RTCP that overtakes opens once each") {
  each([](Link& link) {
    std::vector<Packet> packets;
    for (int i = 0; i < 100; ++i) packets.push_back(link.rtcp());
    for (const size_t i : std::initializer_list<size_t>{50, 40, 99, 51, 0, 98}) {
      CHECK(open_rtcp(link.us, packets[i]));
      CHECK(why_not_rtcp(link.us, packets[i]) == Drop::kReplayed);
    }
  });
}

TEST_CASE("RTCP changed at any byte, or cut short, is refused, and the genuine one still opens") {
  each([](Link& link) {
    CHECK(open_rtcp(link.us, link.rtcp()));
    const Packet packet = link.rtcp(44);
    each_forgery(packet, [&](const Packet& forged) { CHECK(!open_rtcp(link.us, forged)); });
    for (size_t size = 0; size < packet.size(); ++size) {
      CHECK(!open_rtcp(link.us, Packet(packet.begin(), packet.begin() + static_cast<long>(size))));
    }
    CHECK(open_rtcp(link.us, packet) == rtcp_packet(44, 1));
  });
}

TEST_CASE("the last SRTCP index opens, and none counts as newer") {
  each([](Link& link) {
    const SessionKeys keys = derive(link.profile, random_master(9));
    const auto sealed = [&](uint32_t index) {
      Framing<OpenSslCipher> remote(link.profile, keys, Direction::kSeal, RtcpIndex(index - 1));
      Packet packet = rtcp_packet(28);
      packet.resize(28 + rtcp_overhead(link.profile));
      REQUIRE(remote.seal_rtcp(packet, 28) == packet.size());
      return packet;
    };
    CHECK(open_rtcp(link.us, sealed(0x7ffffffe)));
    CHECK(open_rtcp(link.us, sealed(0x7fffffff)));
    CHECK(why_not_rtcp(link.us, sealed(1)) == Drop::kReplayed);
    CHECK(open_rtcp(link.us, sealed(0x7ffffffd)));
  });
}

TEST_CASE("lying lengths are malformed, not read") {
  each([](Link& link) {
    Packet packet = link.rtp(1, 20);
    store16(packet.data() + 22, 0xffff);
    CHECK(why_not_rtp(link.us, packet) == Drop::kMalformedRtp);
    CHECK(why_not_rtp(link.us, {}) == Drop::kMalformedRtp);
    CHECK(why_not_rtcp(link.us, {}) == Drop::kMalformedRtcp);
  });
}

}  // namespace
}  // namespace sfu::srtp
