#include "core/channel/wire.hpp"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

#include "core/channel/messages.gen.hpp"

namespace sfu::channel {

namespace {

// The same bytes as in ts/shared/channel/wire.test.ts, where they are compared with protobufjs.
constexpr std::string_view kProduce =
    "080710ac02180122a7010a0130125c0a0a766964656f2f4832363410661890bf052a170a127061636b6574697a6174696f6e"
    "2d6d6f64651201312a1a0a1070726f66696c652d6c6576656c2d6964120634326530316632060a046e61636b320b0a046e61"
    "636b1203706c691a270a2375726e3a696574663a706172616d733a7274702d6864726578743a736465733a6d69641001220c"
    "08ffffffff0f2202080238002a0d0a09c3bce282acf09f98801001300138e807";
constexpr std::string_view kStats =
    "0801100138ffffffffffffff0f40808080801048800150fdffffffffffffffff0158ff0161000000000000c0bfa101000000"
    "0000000000a8010ab2010a0a03302e301203313030b201070a03312e301200";
constexpr std::string_view kEvent = "1a0808052a0408031a00";
constexpr std::string_view kRequest = "0a09080110c8011a0200ff";
std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

std::string to_hex(Bytes bytes) {
  std::string out;
  for (const uint8_t byte : bytes)
    for (const int digit : {byte >> 4, byte & 15}) out += "0123456789abcdef"[digit];
  return out;
}

template <class M>
std::string encoded(const M& message) {
  std::vector<uint8_t> out;
  encode(message, out);
  return to_hex(out);
}

template <class M>
std::optional<M> decoded(std::string_view text) {
  return decode<M>(from_hex(text));
}

Produce a_produce() {
  RtpParameters rtp{.mid = "0", .rtcp = RtcpParameters{.cname = "ü€😀", .reduced_size = true}};
  rtp.codecs.push_back({.mime_type = "video/H264",
                        .payload_type = 102,
                        .clock_rate = 90'000,
                        .parameters = {{"packetization-mode", "1"}, {"profile-level-id", "42e01f"}},
                        .rtcp_feedback = {{.type = "nack"}, {.type = "nack", .parameter = "pli"}}});
  rtp.header_extensions.push_back({.uri = "urn:ietf:params:rtp-hdrext:sdes:mid", .id = 1});
  rtp.encodings.push_back({.ssrc = UINT32_MAX, .rtx = RtxEncoding{.ssrc = 2}, .max_bitrate = 0});
  return {.transport = 7,
          .producer = 300,
          .kind = MediaKind::kVideo,
          .rtp_parameters = rtp,
          .paused = true,
          .key_frame_request_delay = 1000};
}

StreamStats some_stats() {
  return {.type = StreamDirection::kOutboundRtp,
          .ssrc = 1,
          .packet_count = (uint64_t{1} << 53) - 1,
          .byte_count = uint64_t{1} << 32,
          .bitrate = 128,
          .packets_lost = -3,
          .fraction_lost = 255,
          .jitter = -0.125,
          .round_trip_time = 0,
          .score = 10,
          .bitrate_by_layer = {{"0.0", "100"}, {"1.0", ""}}};
}

Frame an_event() {
  return {.kind = Event{.target = 5, .body = DtlsStateChange{.state = DtlsState::kFailed, .reason = ""}}};
}
Frame a_request() { return {.kind = Request{.id = 1, .method = 200, .body = {0, 255}}}; }

// A message that holds itself, as no generated one may.
struct Doll {
  std::vector<Doll> inner{};
  static void fields(auto& message, auto&& visit) { visit(1, message.inner); }
  friend bool operator==(const Doll&, const Doll&) = default;
};

Doll dolls(int count) {
  Doll doll;
  for (int i = 0; i < count; ++i) doll = Doll{{std::move(doll)}};
  return doll;
}

struct Signed {
  int32_t small{};
  int64_t large{};
  static void fields(auto& message, auto&& visit) {
    visit(1, message.small);
    visit(2, message.large);
  }
  friend bool operator==(const Signed&, const Signed&) = default;
};

}  // namespace

TEST_CASE("the shared vectors are written") {
  CHECK_EQ(encoded(a_produce()), kProduce);
  CHECK_EQ(encoded(some_stats()), kStats);
  CHECK_EQ(encoded(an_event()), kEvent);
  CHECK_EQ(encoded(a_request()), kRequest);
}

TEST_CASE("the shared vectors are read") {
  CHECK(decoded<Produce>(kProduce) == a_produce());
  CHECK(decoded<StreamStats>(kStats) == some_stats());
  CHECK(decoded<Frame>(kEvent) == an_event());
  CHECK(decoded<Frame>(kRequest) == a_request());
}

TEST_CASE("a message cut anywhere is refused or is a message of fewer fields") {
  const std::vector<uint8_t> whole = from_hex(kProduce);
  size_t refused = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    // A copy of its own size, so that the sanitizer sees a read behind its end.
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const std::optional<Produce> produce = decode<Produce>(cut);
    if (!produce) ++refused;
    if (produce) CHECK(kProduce.starts_with(encoded(*produce)));
  }
  CHECK_GT(refused, whole.size() * 9 / 10);
}

TEST_CASE("an empty message is all defaults, and optional defaults are kept") {
  CHECK(decoded<CreateRouter>("") == CreateRouter{});
  CHECK_EQ(encoded(CreateRouter{}), "");
  CHECK_EQ(encoded(RtcpParameters{.reduced_size = false}), "1000");
  CHECK(decoded<RtcpParameters>("1000") == RtcpParameters{.reduced_size = false});
}

TEST_CASE("a long nested message has a size of several bytes") {
  for (const size_t length : {100u, 127u, 128u, 16'383u, 16'384u, 3'000'000u}) {
    const Frame frame{.kind = Reply{.id = 1, .body = std::vector<uint8_t>(length, 7)}};
    CHECK(decoded<Frame>(encoded(frame)) == frame);
  }
}

TEST_CASE("unknown fields and fields of another wire type are skipped") {
  const std::string unknown = "f83f01f93f0102030405060708fa3f026162fd3f010203040a0178";
  CHECK(decoded<CreateRouter>(unknown + "0809") == CreateRouter{.router = 9});
}

TEST_CASE("lists are read packed and one by one") {
  const RouterDump dump{.transports = {5, 300}};
  CHECK_EQ(encoded(dump), "0a0305ac02");
  CHECK(decoded<RouterDump>("0a0305ac02") == dump);
  CHECK(decoded<RouterDump>("080508ac02") == dump);
}

TEST_CASE("lying lengths and malformed numbers are refused") {
  CHECK_FALSE(decoded<Frame>("1a05080512"));            // a length beyond the end
  CHECK_FALSE(decoded<Frame>("0a0308011a0500000000"));  // beyond the outer message
  CHECK_FALSE(decoded<Frame>("1affffffffffffffffff01"));
  CHECK_FALSE(decoded<Frame>("08ffffffffffffffffffff01"));  // a varint of eleven bytes
  CHECK_FALSE(decoded<Frame>("08ffffffffffffffffff02"));    // of more than 64 bits
  CHECK_FALSE(decoded<Frame>("0001"));                      // field number 0
  CHECK_FALSE(decoded<Frame>("8080808080808001"));          // field number too large
  CHECK_FALSE(decoded<Frame>("0b"));                        // a group
  CHECK_FALSE(decoded<Frame>("80"));
  CHECK_FALSE(decoded<CreateRouter>("088080808010"));  // a uint32 of 33 bits
  CHECK_FALSE(decoded<SetLogLevel>("0804"));           // an enumerator that there is not
  CHECK_FALSE(decoded<SetMaxIncomingBitrate>("10"));
}

TEST_CASE("a later value replaces an earlier one, also in a oneof") {
  CHECK(decoded<CreateRouter>("08010802") == CreateRouter{.router = 2});
  CHECK(decoded<Frame>("0a00120208051a00") == Frame{.kind = Event{}});
}

TEST_CASE("signed numbers keep their sign") {
  for (const auto& [small, large] : {std::tuple{INT32_MIN, INT64_MIN}, {-1, -1}, {INT32_MAX, INT64_MAX}}) {
    const Signed message{small, large};
    CHECK(decoded<Signed>(encoded(message)) == message);
  }
  CHECK_EQ(encoded(Signed{.small = -1}), "08ffffffffffffffffff01");
  CHECK(decoded<Signed>("0880808080f8ffffffff01") == Signed{.small = INT32_MIN});
  CHECK_FALSE(decoded<Signed>("088080808008"));  // 2^31
}

TEST_CASE("messages nested too deep are refused") {
  CHECK(decoded<Doll>(encoded(dolls(wire::kMaxDepth))) == dolls(wire::kMaxDepth));
  CHECK_FALSE(decoded<Doll>(encoded(dolls(wire::kMaxDepth + 1))));
}

TEST_CASE("a flood of list elements is refused") {
  const auto flood = [](size_t count) { return RouterDump{.transports = std::vector<uint32_t>(count, 1)}; };
  CHECK(decoded<RouterDump>(encoded(flood(wire::kMaxItems))));
  CHECK_FALSE(decoded<RouterDump>(encoded(flood(wire::kMaxItems + 1))));
}

}  // namespace sfu::channel
