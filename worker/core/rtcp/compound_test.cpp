#include "core/rtcp/compound.hpp"

#include "core/base/random.hpp"
#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

std::vector<size_t> kinds_in(Bytes datagram) {
  std::vector<size_t> kinds;
  Reader reader(datagram);
  while (const auto message = reader.next()) kinds.push_back(message->index());
  return kinds;
}

template <class Kind>
const size_t kIndex = Message(std::in_place_type<Kind>, Kind{}).index();

TEST_CASE("a compound datagram yields its messages in order") {
  std::vector<uint8_t> out(Builder::kMaxSize);
  Builder builder(out);
  CHECK(builder.empty());
  CHECK(builder.add(ReceiverReport{.ssrc = 1, .blocks = {}}));
  CHECK(builder.add(Pli{1, 2}));
  CHECK(builder.add(Remb{.sender_ssrc = 1, .bitrate = 5, .ssrcs = {}}));
  CHECK(builder.size() == 8 + 12 + 20);
  CHECK(kinds_in(builder.written()) ==
        std::vector<size_t>{kIndex<ReceiverReport>, kIndex<Pli>, kIndex<Remb>});
}

TEST_CASE("messages of unknown kinds are skipped") {
  // APP, a RTPFB and a PSFB format that we do not know, the reserved type 223; then a PLI.
  const auto datagram = hex("80cc0001 00000001 9fcd0000 9ece0000 80df0000 81ce0002 00000001 00000002");
  CHECK(kinds_in(datagram) == std::vector<size_t>{kIndex<Pli>});
  CHECK_FALSE(is_malformed(datagram));
}

TEST_CASE("a malformed packet ends the datagram, and what came before it counts") {
  const auto datagram = hex("81ce0002 00000001 00000002 81ce0001 00000001 81ce0002 00000001 00000002");
  CHECK(kinds_in(datagram) == std::vector<size_t>{kIndex<Pli>});
  CHECK(is_malformed(datagram));
}

TEST_CASE("bytes that are no packet are malformed") {
  CHECK(is_malformed(hex("00")));
  CHECK(is_malformed(hex("41ce0002 00000001 00000002")));
  CHECK(is_malformed(hex("81ceffff 00000001 00000002")));
  CHECK(is_malformed(hex("81ce0002 00000001 00000002 80")));
}

TEST_CASE("an empty datagram has no messages and nothing malformed") {
  CHECK(kinds_in({}).empty());
  CHECK_FALSE(is_malformed({}));
}

TEST_CASE("a message that does not fit leaves the builder as it was") {
  for (size_t size = 0; size < 32; ++size) {
    std::vector<uint8_t> out(size, 0xee);
    Builder builder(out);
    const bool first = builder.add(Pli{1, 2});
    const bool second = builder.add(Remb{.sender_ssrc = 1, .bitrate = 5, .ssrcs = {}});
    CHECK(first == (size >= 12));
    CHECK(second == (size - (first ? 12 : 0) >= 20));
    CHECK(builder.written().size() == (first ? 12u : 0u) + (second ? 20u : 0u));
    CHECK_FALSE(is_malformed({builder.written().begin(), builder.written().end()}));
  }
}

TEST_CASE("a datagram is no longer than 1200 bytes, however long the buffer") {
  std::vector<uint8_t> out(2000);
  Builder builder(out);
  int count = 0;
  while (builder.add(Pli{1, 2})) ++count;
  CHECK(count == 100);
  CHECK(builder.room() == 0);
}

TEST_CASE("random bytes behind a plausible header are read without harm") {
  Random random(11);
  const uint8_t types[] = {200, 201, 202, 203, 205, 206, 207};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> datagram(4 + 4 * random.below(16));
    random.fill(datagram);
    datagram[0] = static_cast<uint8_t>(0x80 | (datagram[0] & 0x3f));
    datagram[1] = types[random.below(7)];
    store16(datagram.data() + 2, static_cast<uint16_t>(datagram.size() / 4 - 1));
    CHECK(kinds_in(datagram).size() <= 1);
  }
}

}  // namespace
}  // namespace sfu::rtcp
