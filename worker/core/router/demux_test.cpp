#include "core/router/demux.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

using rtp::Extension;

// Producers are only pointed to here.
Producer* producer(uintptr_t number) { return reinterpret_cast<Producer*>(number * 16); }

rtp::Packet packet(uint32_t ssrc, uint8_t payload_type, std::string_view mid = "", std::string_view rid = "",
                   std::string_view repaired = "") {
  rtp::Packet out;
  out.ssrc = ssrc;
  out.payload_type = payload_type;
  uint16_t at = 12;
  const auto put = [&](Extension kind, std::string_view text) {
    std::copy(text.begin(), text.end(), out.bytes.begin() + at);
    out.extensions[static_cast<size_t>(kind)] = {at, static_cast<uint16_t>(text.size())};
    at = static_cast<uint16_t>(at + text.size());
  };
  put(Extension::kMid, mid);
  put(Extension::kRid, rid);
  put(Extension::kRepairedRid, repaired);
  return out;
}

Demux::Section section(uintptr_t number, std::string mid, std::vector<Demux::Encoding> encodings) {
  return {producer(number), std::move(mid), std::move(encodings), {96}, {97}};
}

}  // namespace

TEST_CASE("a known SSRC needs nothing else") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "", {{.ssrc = 10, .rtx_ssrc = 11}})));
  REQUIRE(demux.find(packet(10, 96)));
  CHECK(demux.find(packet(10, 96))->producer == producer(1));
  CHECK(!demux.find(packet(10, 96))->rtx);
  CHECK(demux.find(packet(11, 97))->rtx);
  CHECK(!demux.find(packet(12, 96)));
}

TEST_CASE("RID within its MID finds the encoding, and is remembered by SSRC") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "0", {{.rid = "l"}, {.rid = "h"}})));
  REQUIRE(!demux.add(section(2, "1", {{.rid = "l"}, {.rid = "h"}})));
  REQUIRE(demux.find(packet(20, 96, "1", "h")));
  CHECK(demux.find(packet(20, 96))->producer == producer(2));
  CHECK(demux.find(packet(20, 96))->stream == 1);
  CHECK(demux.find(packet(21, 97, "1", "", "h"))->rtx);
  CHECK(!demux.find(packet(22, 96, "7", "h")));  // another media section
  CHECK(!demux.find(packet(23, 96, "1", "x")));
}

TEST_CASE("without a MID the RID alone decides") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "0", {{.rid = "a"}, {.rid = "b"}})));
  REQUIRE(demux.find(packet(20, 96, "", "b")));
  CHECK(demux.find(packet(20, 96))->stream == 1);
}

TEST_CASE("of one encoding without RID the MID and the payload type are enough") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "0", {{}})));
  REQUIRE(demux.find(packet(30, 96, "0")));
  CHECK(!demux.find(packet(30, 96))->rtx);
  CHECK(demux.find(packet(31, 97, "0"))->rtx);
  CHECK(!demux.find(packet(32, 50, "0")));
  CHECK(!demux.find(packet(33, 96)));
}

TEST_CASE("the newest SSRC of an encoding replaces the one learnt before") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "0", {{.rid = "a"}})));
  REQUIRE(demux.find(packet(40, 96, "0", "a")));
  REQUIRE(demux.find(packet(41, 96, "0", "a")));
  CHECK(!demux.find_ssrc(40));
  CHECK(demux.find_ssrc(41));
}

TEST_CASE("two producers cannot have the same MID or SSRC") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "0", {{.ssrc = 10, .rtx_ssrc = 11}})));
  CHECK(demux.add(section(2, "0", {{.ssrc = 12}})) == "mid");
  CHECK(demux.add(section(2, "1", {{.ssrc = 10}})) == "ssrc");
  CHECK(demux.add(section(2, "1", {{.ssrc = 12, .rtx_ssrc = 10}})) == "rtx.ssrc");
  CHECK(!demux.add(section(2, "1", {{.ssrc = 12}})));
}

TEST_CASE("a removed producer is found no more") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "0", {{.rid = "a"}})));
  REQUIRE(demux.find(packet(50, 96, "0", "a")));
  demux.remove(producer(1));
  CHECK(!demux.find(packet(50, 96, "0", "a")));
}

TEST_CASE("a peer that makes up SSRCs holds no more than its encodings are worth") {
  Demux demux;
  REQUIRE(!demux.add(section(1, "0", {{.rid = "a"}})));
  for (uint32_t ssrc = 1; ssrc < 2000; ++ssrc) demux.find(packet(ssrc, 96, "0", "a"));
  size_t entries = 0;
  demux.each_ssrc([&](uint32_t, const Demux::Route&) { ++entries; });
  CHECK(entries == 1);
}

}  // namespace sfu
