#include "core/rtcp/sdes.hpp"

#include "core/rtcp/testing.hpp"

namespace sfu::rtcp {
namespace {

std::vector<SdesChunk> chunks_of(const Sdes& sdes) {
  std::vector<SdesChunk> out;
  sdes.each([&](const SdesChunk& chunk) { out.push_back(chunk); });
  return out;
}

// "ab" ends its chunk with four zeros, "abc" with three.
const auto kWire = hex("82ca0006 00000001 01026162 00000000 00000002 01036162 63000000");

TEST_CASE("chunks end with at least one zero, at a 32-bit boundary") {
  const std::vector<SdesChunk> chunks{{1, "ab"}, {2, "abc"}};
  CHECK(written(Sdes(chunks)) == kWire);
}

TEST_CASE("the CNAME of each source is read") {
  const auto chunks = chunks_of(only<Sdes>(kWire));
  REQUIRE(chunks.size() == 2);
  CHECK(chunks[0] == SdesChunk{1, "ab"});
  CHECK(chunks[1] == SdesChunk{2, "abc"});
}

TEST_CASE("items other than the CNAME are skipped") {
  const auto wire = hex("81ca0004 00000001 02017801 01790801 7a000000");
  CHECK(chunks_of(only<Sdes>(wire)) == std::vector<SdesChunk>{{1, "y"}});
}

TEST_CASE("a chunk without items, and a description without chunks, are well-formed") {
  CHECK(chunks_of(only<Sdes>(hex("81ca0002 00000001 00000000"))) == std::vector<SdesChunk>{{1, ""}});
  CHECK(chunks_of(only<Sdes>(hex("80ca0000"))).empty());
}

TEST_CASE("CNAMEs of all lengths come back") {
  for (size_t length = 0; length <= 255; ++length) {
    const std::string name(length, 'x');
    const std::vector<SdesChunk> chunks{{5, name}, {6, "next"}};
    const auto wire = written(Sdes(chunks));
    CHECK(chunks_of(only<Sdes>(wire)) == chunks);
    CHECK(written(only<Sdes>(wire)) == wire);
  }
}

TEST_CASE("a truncated description is malformed") { check_truncations(kWire); }

TEST_CASE("an item longer than its chunk, and a chunk without an end, are malformed") {
  CHECK(is_malformed(hex("81ca0002 00000001 01036162")));
  CHECK(is_malformed(hex("81ca0002 00000001 01026162")));
  CHECK(is_malformed(hex("81ca0002 00000001 01ff6162")));
}

}  // namespace
}  // namespace sfu::rtcp
