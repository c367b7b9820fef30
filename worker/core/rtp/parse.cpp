#include "core/rtp/parse.hpp"

namespace sfu::rtp {

namespace {

constexpr uint16_t kOneByteProfile = 0xbede;
constexpr uint16_t kTwoByteProfile = 0x1000;  // the low four bits are the application's

struct Element {
  uint8_t id;
  size_t header;  // bytes before the value
  size_t size;
};

// |  ID   |  len  |, len + 1 bytes of value; id 0 is padding unless it claims a length, 15 ends (RFC
// 8285, 4.2)
std::optional<Element> one_byte_element(Bytes rest) {
  const uint8_t id = rest[0] >> 4;
  const size_t size = (rest[0] & 0x0f) + 1u;
  if (rest[0] == 0) return Element{0, 1, 0};
  if (id == 0 || id == 15) return std::nullopt;
  return Element{id, 1, size};
}

// |       ID      |     length    |; id 0 is one byte of padding (RFC 8285, 4.3)
std::optional<Element> two_byte_element(Bytes rest) {
  if (rest[0] == 0) return Element{0, 1, 0};
  if (rest.size() < 2) return std::nullopt;
  return Element{rest[0], 2, rest[1]};
}

void note(Packet& packet, Extension kind, size_t at, size_t size) {
  if (kind == Extension::kCount) return;
  Packet::Part& part = packet.extensions[static_cast<size_t>(kind)];
  if (part.at == 0) part = {static_cast<uint16_t>(at), static_cast<uint16_t>(size)};
}

template <class ReadElement>
void read_elements(Packet& packet, const ExtensionTable& table, size_t at, size_t end, ReadElement read) {
  const Bytes data = packet.data();
  while (at < end) {
    const auto element = read(data.subspan(at, end - at));
    if (!element || element->header + element->size > end - at) return;
    at += element->header;
    if (element->id != 0) note(packet, table.find(element->id), at, element->size);
    at += element->size;
  }
}

// |     defined by profile        |   length in 32-bit words      |
// Returns where the payload begins, nullopt if the block is longer than the packet.
std::optional<size_t> read_extensions(Packet& packet, const ExtensionTable& table, size_t at) {
  Bytes rest = packet.data().subspan(at);
  const auto head = take<4>(rest);
  if (!head) return std::nullopt;
  const size_t begin = at + 4;
  const size_t size = size_t{head->u16<2>()} * 4;
  if (size > rest.size()) return std::nullopt;
  const uint16_t profile = head->u16<0>();
  if (profile == kOneByteProfile) read_elements(packet, table, begin, begin + size, one_byte_element);
  if ((profile & 0xfff0) == kTwoByteProfile)
    read_elements(packet, table, begin, begin + size, two_byte_element);
  return begin + size;
}

// The last byte counts the padding, itself included.
bool read_padding(Packet& packet, size_t payload_at) {
  packet.padding = packet.bytes[packet.size - 1u];
  return packet.padding != 0 && payload_at + packet.padding <= packet.size;
}

}  // namespace

bool parse(Packet& packet, const ExtensionTable& table) {
  Bytes rest = packet.data();
  const auto head = take<12>(rest);
  if (!head || head->u8<0>() >> 6 != 2) return false;
  packet.payload_type = head->u8<1>() & 0x7f;
  packet.marker = (head->u8<1>() & 0x80) != 0;
  packet.sequence = head->u16<2>();
  packet.timestamp = head->u32<4>();
  packet.ssrc = head->u32<8>();
  packet.extensions = {};
  packet.padding = 0;
  packet.frame = {};

  size_t at = 12 + (head->u8<0>() & 0x0fu) * 4;
  if (at > packet.size) return false;
  if (head->u8<0>() & 0x10) {
    const auto behind = read_extensions(packet, table, at);
    if (!behind) return false;
    at = *behind;
  }
  if ((head->u8<0>() & 0x20) && !read_padding(packet, at)) return false;
  packet.payload = {static_cast<uint16_t>(at), static_cast<uint16_t>(packet.size - at - packet.padding)};
  return true;
}

}  // namespace sfu::rtp
