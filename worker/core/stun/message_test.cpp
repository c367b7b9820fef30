#include "core/stun/message.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/stun/crc32.hpp"
#include "core/stun/message_writer.hpp"

namespace sfu::stun {
namespace {

using Buffer = std::vector<uint8_t>;

const IntegrityKey kPassword("VOkJxbRl1RmTxUk/WvJxBt");  // of RFC 5769
constexpr TransactionId kTransaction = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
                                        0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

Buffer from_hex(std::string_view text) {
  Buffer out;
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return out;
}

// RFC 5769, 2.1: SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT.
const Buffer kSampleRequest = from_hex(
    "00010058 2112a442 b7e7a701bc34d686fa87dfae"
    "80220010 5354554e207465737420636c69656e74"
    "00240004 6e0001ff"
    "80290008 932ff9b151263b36"
    "00060009 6576746a3a68367659202020"
    "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004 e57a3bcf");

// RFC 5769, 2.2 and 2.3: SOFTWARE, XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT.
const Buffer kSampleV4Response = from_hex(
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200008 0001a147e112a643"
    "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004 c07d4c96");
const Buffer kSampleV6Response = from_hex(
    "01010048 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004 c8fb0b4c");

// What `write` adds to a Binding request, signed and finished unless `plain`.
template <class Write>
Buffer request(Write&& write, bool plain = false) {
  Buffer out(512);
  MessageWriter message(out, Class::kRequest, kBinding, kTransaction);
  write(message);
  if (!plain) message.integrity(kPassword);
  out.resize(message.finish());
  return out;
}

void name(MessageWriter& m, std::string_view username) { m.bytes(Attribute::kUsername, as_bytes(username)); }

// `message` with its FINGERPRINT, which is its last attribute, made right again.
void fix_fingerprint(Buffer& message) {
  const size_t at = message.size() - 8;
  store32(message.data() + at + 4, fingerprint(Bytes(message).first(at)));
}

}  // namespace

TEST_CASE("The CRC-32 of '123456789' is the catalogued one") {
  CHECK(crc32(as_bytes("123456789")) == 0xcbf43926);
  CHECK(crc32({}) == 0);
}

TEST_CASE("RFC 5769, 2.1: the sample request") {
  const auto message = Message::parse(kSampleRequest);
  REQUIRE(message);
  CHECK(message->type == Class::kRequest);
  CHECK(message->method == kBinding);
  CHECK(message->transaction == kTransaction);
  CHECK(message->username->local == "evtj");
  CHECK(message->username->remote == "h6vY");
  CHECK(message->priority == 0x6e0001ffu);
  CHECK(message->controlled == 0x932ff9b151263b36u);
  CHECK_FALSE(message->controlling);
  CHECK_FALSE(message->use_candidate);
  CHECK_FALSE(message->nomination);
  CHECK(message->unknown().empty());
  CHECK(message->has_fingerprint);
  CHECK(message->has_integrity(kPassword));
  CHECK_FALSE(message->has_integrity(IntegrityKey("VOkJxbRl1RmTxUk/WvJxBT")));
}

TEST_CASE("RFC 5769, 2.2: the sample IPv4 response") {
  const auto message = Message::parse(kSampleV4Response);
  REQUIRE(message);
  CHECK(message->type == Class::kSuccess);
  CHECK(message->mapped_address == Address::v4(192, 0, 2, 1, 32853));
  CHECK(message->has_integrity(kPassword));
}

TEST_CASE("RFC 5769, 2.3: the sample IPv6 response") {
  const auto message = Message::parse(kSampleV6Response);
  REQUIRE(message);
  CHECK(message->mapped_address == Address::parse("2001:db8:1234:5678:11:2233:4455:6677", 32853));
  CHECK(message->has_integrity(kPassword));
}

TEST_CASE("A key checks any number of messages") {
  const auto request = Message::parse(kSampleRequest);
  const auto response = Message::parse(kSampleV4Response);
  for (int i = 0; i < 3; ++i) {
    CHECK(request->has_integrity(kPassword));
    CHECK(response->has_integrity(kPassword));
  }
}

TEST_CASE("A message cut short or with bytes behind it is malformed") {
  for (size_t size = 0; size < kSampleRequest.size(); ++size) {
    const Buffer cut(kSampleRequest.begin(), kSampleRequest.begin() + static_cast<ptrdiff_t>(size));
    CHECK_FALSE(Message::parse(cut));
  }
  for (size_t more = 1; more <= 8; ++more) {
    Buffer longer = kSampleRequest;
    longer.resize(longer.size() + more);
    CHECK_FALSE(Message::parse(longer));
  }
}

TEST_CASE("A message cut at any attribute and given a fitting length keeps no integrity that it has lost") {
  for (size_t size = kHeaderSize; size < kSampleRequest.size(); size += 4) {
    Buffer cut(kSampleRequest.begin(), kSampleRequest.begin() + static_cast<ptrdiff_t>(size));
    store16(cut.data() + 2, static_cast<uint16_t>(size - kHeaderSize));
    const auto message = Message::parse(cut);
    const bool whole_integrity = size == kSampleRequest.size() - 8;
    CHECK((message && message->has_integrity(kPassword)) == whole_integrity);
  }
}

TEST_CASE("A change of any byte is noticed by the fingerprint") {
  for (size_t at = 0; at < kSampleRequest.size(); ++at) {
    for (const uint8_t flip : std::array<uint8_t, 3>{0x01, 0x80, 0xff}) {
      Buffer changed = kSampleRequest;
      changed[at] ^= flip;
      const auto message = Message::parse(changed);
      // Another type in place of FINGERPRINT's own leaves a message without one.
      if (message) CHECK_FALSE(message->has_fingerprint);
    }
  }
}

TEST_CASE("A change of any byte under a right fingerprint is malformed or not authentic") {
  for (size_t at = 0; at < kSampleRequest.size() - 8; ++at) {
    for (const uint8_t flip : std::array<uint8_t, 6>{0x01, 0x02, 0x04, 0x40, 0x80, 0xff}) {
      Buffer changed = kSampleRequest;
      changed[at] ^= flip;
      fix_fingerprint(changed);
      const auto message = Message::parse(changed);
      CHECK_FALSE((message && message->has_integrity(kPassword)));
    }
  }
}

TEST_CASE("Random bytes behind a right header are read without harm") {
  Random random(7);
  size_t parsed = 0;
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes(kHeaderSize + 4 * random.below(12));
    random.fill(bytes);
    store16(bytes.data(), 0x0001);
    store16(bytes.data() + 2, static_cast<uint16_t>(bytes.size() - kHeaderSize));
    store32(bytes.data() + 4, kMagicCookie);
    for (size_t at = kHeaderSize; at + 2 < bytes.size(); at += 4) bytes[at + 2] = 0;  // lengths that may fit
    const auto message = Message::parse(bytes);
    if (!message) continue;
    ++parsed;
    CHECK_FALSE(message->has_integrity(kPassword));
  }
  CHECK(parsed > 1000);
}

TEST_CASE("Class and method are untangled") {
  struct Case {
    uint16_t type;
    Class expected;
    uint16_t method;
  };
  for (const Case& c : {Case{0x0001, Class::kRequest, 1}, Case{0x0011, Class::kIndication, 1},
                        Case{0x0101, Class::kSuccess, 1}, Case{0x0111, Class::kError, 1},
                        Case{0x3eef, Class::kRequest, 0xfff}, Case{0x0113, Class::kError, 3}}) {
    Buffer bytes = from_hex("00010000 2112a442 b7e7a701bc34d686fa87dfae");
    store16(bytes.data(), c.type);
    const auto message = Message::parse(bytes);
    REQUIRE(message);
    CHECK(message->type == c.expected);
    CHECK(message->method == c.method);

    Buffer written(64);
    MessageWriter writer(written, c.expected, c.method, kTransaction);
    REQUIRE(writer.finish() == 28);
    CHECK(load16(written.data()) == c.type);
  }
}

TEST_CASE("Of two USERNAMEs the first counts, even when it is not ours") {
  const Buffer bytes = request([](MessageWriter& m) {
    name(m, "first:one");
    name(m, "second:two");
  });
  const auto message = Message::parse(bytes);
  CHECK(message->username->local == "first");

  const Buffer without_colon = request([](MessageWriter& m) {
    name(m, "first");
    name(m, "second:two");
  });
  CHECK(Message::parse(without_colon)->username->local == "first");
  CHECK(Message::parse(without_colon)->username->remote.empty());
}

TEST_CASE("Of two PRIORITYs the first counts") {
  const Buffer bytes = request([](MessageWriter& m) {
    m.u32(Attribute::kPriority, 1);
    m.u32(Attribute::kPriority, 2);
  });
  CHECK(Message::parse(bytes)->priority == 1u);
}

TEST_CASE("Attributes behind MESSAGE-INTEGRITY are ignored, a second MESSAGE-INTEGRITY too") {
  const Buffer bytes = request([](MessageWriter& m) {
    name(m, "local:remote");
    m.integrity(kPassword);
    m.flag(Attribute::kUseCandidate);
    m.u32(Attribute::kPriority, 9);
    m.u32(Attribute{0x7777}, 9);
  });
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  CHECK(message->has_integrity(kPassword));
  CHECK_FALSE(message->use_candidate);
  CHECK_FALSE(message->priority);
  CHECK(message->unknown().empty());
}

TEST_CASE("Nothing may follow FINGERPRINT") {
  Buffer bytes(512);
  MessageWriter m(bytes, Class::kRequest, kBinding, kTransaction);
  REQUIRE(m.finish() == 28);
  m.u32(Attribute::kPriority, 9);
  REQUIRE(m.finish() == 44);
  bytes.resize(44);
  store32(bytes.data() + 24, fingerprint(Bytes(bytes).first(20)));
  fix_fingerprint(bytes);
  CHECK_FALSE(Message::parse(bytes));
}

TEST_CASE("A message without FINGERPRINT is accepted, and known to have none") {
  Buffer bytes = kSampleRequest;
  bytes.resize(bytes.size() - 8);
  store16(bytes.data() + 2, static_cast<uint16_t>(bytes.size() - kHeaderSize));
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  CHECK_FALSE(message->has_fingerprint);
  CHECK(message->has_integrity(kPassword));
}

TEST_CASE("Unknown attributes are told only when comprehension is required, at most eight") {
  const Buffer few = request([](MessageWriter& m) {
    m.u32(Attribute{0x7001}, 1);
    m.u32(Attribute{0xc057}, 1);  // GOOG-NETWORK-INFO
    m.flag(Attribute{0x0019});
    m.bytes(Attribute{0xc070}, Buffer(101));
  });
  const auto message = Message::parse(few);
  REQUIRE(message);
  REQUIRE(message->unknown().size() == 2);
  CHECK(message->unknown()[0] == 0x7001);
  CHECK(message->unknown()[1] == 0x0019);

  const Buffer many = request([](MessageWriter& m) {
    for (uint16_t i = 0; i < 30; ++i) m.flag(Attribute{static_cast<uint16_t>(0x7000 + i)});
  });
  CHECK(Message::parse(many)->unknown().size() == 8);
}

TEST_CASE("NOMINATION is read under both of its numbers") {
  for (const Attribute number : {Attribute::kNomination, Attribute::kGoogNomination}) {
    const Buffer bytes = request([&](MessageWriter& m) { m.u32(number, 5); });
    CHECK(Message::parse(bytes)->nomination == 5u);
  }
}

TEST_CASE("A known attribute of a wrong size is malformed") {
  struct Case {
    Attribute attribute;
    size_t right;
  };
  for (const Case& c : {Case{Attribute::kPriority, 4}, Case{Attribute::kUseCandidate, 0},
                        Case{Attribute::kNomination, 4}, Case{Attribute::kGoogNomination, 4},
                        Case{Attribute::kIceControlled, 8}, Case{Attribute::kIceControlling, 8}}) {
    for (size_t size = 0; size <= 24; ++size) {
      const Buffer bytes = request([&](MessageWriter& m) { m.bytes(c.attribute, Buffer(size)); });
      CHECK(Message::parse(bytes).has_value() == (size == c.right));
    }
  }
  for (size_t size = 0; size <= 24; ++size) {
    const Buffer bytes =
        request([&](MessageWriter& m) { m.bytes(Attribute::kMessageIntegrity, Buffer(size)); }, true);
    CHECK(Message::parse(bytes).has_value() == (size == 20));
  }
}

TEST_CASE("XOR-MAPPED-ADDRESS needs the size of its family") {
  for (size_t size = 0; size <= 24; ++size) {
    for (const uint8_t family : std::array<uint8_t, 4>{0, 1, 2, 3}) {
      Buffer value(size);
      if (size > 1) value[1] = family;
      const Buffer bytes = request([&](MessageWriter& m) { m.bytes(Attribute::kXorMappedAddress, value); });
      const bool right = (size == 8 && family == 1) || (size == 20 && family == 2);
      CHECK(Message::parse(bytes).has_value() == right);
    }
  }
}

TEST_CASE("ERROR-CODE is read from its class and number") {
  const auto parse = [](Buffer value) {
    const Buffer bytes = request([&](MessageWriter& m) { m.bytes(Attribute::kErrorCode, value); });
    const auto message = Message::parse(bytes);
    return message ? message->error_code : std::nullopt;
  };
  CHECK(parse({0, 0, 4, 87}) == uint16_t{487});
  CHECK(parse({0, 0, 6, 99, 'o', 'h'}) == uint16_t{699});
  CHECK_FALSE(parse({0, 0, 2, 0}));
  CHECK_FALSE(parse({0, 0, 7, 0}));
  CHECK_FALSE(parse({0, 0, 4, 100}));
  CHECK_FALSE(parse({0, 0, 4}));
}

TEST_CASE("An attribute longer than the message is malformed") {
  Buffer bytes = from_hex("00010008 2112a442 b7e7a701bc34d686fa87dfae 80220004 00000000");
  CHECK(Message::parse(bytes));
  for (const int length : {5, 8, 0xffff, 0xfffc, 0x8000}) {
    store16(bytes.data() + 22, static_cast<uint16_t>(length));
    CHECK_FALSE(Message::parse(bytes));
  }
}

}  // namespace sfu::stun
