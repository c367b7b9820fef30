#include "core/stun/message.hpp"

#include <openssl/crypto.h>

#include "core/stun/crc32.hpp"

namespace sfu::stun {
namespace {

// Class and method are interleaved (RFC 8489, 5): M11…M7 C1 M6…M4 C0 M3…M0.
Class class_of(uint16_t type) { return static_cast<Class>((type >> 7 & 2) | (type >> 4 & 1)); }
uint16_t method_of(uint16_t type) {
  return static_cast<uint16_t>((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
}

bool read_first(Bytes value, std::optional<uint32_t>& out) {
  if (value.size() != 4) return false;
  if (!out) out = load32(value.data());
  return true;
}
bool read_first(Bytes value, std::optional<uint64_t>& out) {
  if (value.size() != 8) return false;
  if (!out) out = load64(value.data());
  return true;
}

}  // namespace

std::optional<Message> Message::parse(Bytes in) {
  Message message;
  message.raw_ = in;
  const auto head = take<kHeaderSize>(in);
  if (!head || head->u16<0>() > 0x3fff || head->u32<4>() != kMagicCookie) return std::nullopt;
  if (head->u16<2>() != in.size() || in.size() % 4 != 0) return std::nullopt;
  message.type = class_of(head->u16<0>());
  message.method = method_of(head->u16<0>());
  std::memcpy(message.transaction.data(), message.raw_.data() + 8, message.transaction.size());

  while (!in.empty()) {
    const size_t at = message.raw_.size() - in.size();
    const auto attribute = take<4>(in);
    if (!attribute) return std::nullopt;
    const size_t size = attribute->u16<2>();
    const auto padded = take(in, (size + 3) & ~size_t{3});
    if (!padded || message.has_fingerprint) return std::nullopt;  // FINGERPRINT is the last (RFC 8489, 14.7)
    if (!message.read(attribute->u16<0>(), padded->first(size), at)) return std::nullopt;
  }
  return message;
}

bool Message::has_integrity(const IntegrityKey& key) const {
  if (!is_signed()) return false;
  // Signed is the message up to this attribute, its length as if the attribute were the last (RFC
  // 8489, 14.5).
  std::array<uint8_t, kHeaderSize> head;
  std::memcpy(head.data(), raw_.data(), head.size());
  store16(head.data() + 2, static_cast<uint16_t>(integrity_at_ + 24 - kHeaderSize));
  const auto tag = key.sign(head, raw_.subspan(kHeaderSize, integrity_at_ - kHeaderSize));
  return CRYPTO_memcmp(tag.data(), raw_.data() + integrity_at_ + 4, tag.size()) == 0;
}

bool Message::read(uint16_t attribute, Bytes value, size_t at) {
  if (Attribute{attribute} == Attribute::kFingerprint) {
    has_fingerprint = true;
    return value.size() == 4 && load32(value.data()) == fingerprint(raw_.first(at));
  }
  if (is_signed()) return true;
  switch (Attribute{attribute}) {
    case Attribute::kUsername:
      return read_username(value);
    case Attribute::kPriority:
      return read_first(value, priority);
    case Attribute::kUseCandidate:
      use_candidate = true;
      return value.empty();
    case Attribute::kNomination:
    case Attribute::kGoogNomination:
      return read_first(value, nomination);
    case Attribute::kIceControlling:
      return read_first(value, controlling);
    case Attribute::kIceControlled:
      return read_first(value, controlled);
    case Attribute::kErrorCode:
      return read_error_code(value);
    case Attribute::kXorMappedAddress:
      return read_mapped_address(value);
    case Attribute::kMessageIntegrity:
      return read_integrity(value, at);
    case Attribute::kUnknownAttributes:
      return true;
    default:
      return note_unknown(attribute);
  }
}

bool Message::read_username(Bytes value) {
  if (username) return true;
  const std::string_view text = as_text(value);
  const size_t colon = text.find(':');
  username = colon == std::string_view::npos ? Username{text, {}}
                                             : Username{text.substr(0, colon), text.substr(colon + 1)};
  return true;
}

bool Message::read_error_code(Bytes value) {
  const auto head = take<4>(value);
  if (!head) return false;
  const int hundreds = head->u8<2>() & 7, rest = head->u8<3>();
  if (!error_code) error_code = static_cast<uint16_t>(hundreds * 100 + rest);
  return hundreds >= 3 && hundreds <= 6 && rest <= 99;
}

// The port is XORed with the cookie's first half, the address with cookie and transaction id (RFC
// 8489, 14.2).
bool Message::read_mapped_address(Bytes value) {
  const bool v6 = value.size() == 20;
  if ((!v6 && value.size() != 8) || value[1] != (v6 ? 2 : 1)) return false;
  if (mapped_address) return true;
  const auto port = static_cast<uint16_t>(load16(value.data() + 2) ^ (kMagicCookie >> 16));
  std::array<uint8_t, 16> ip{};
  for (size_t i = 0; i < value.size() - 4; ++i) ip[i] = value[4 + i] ^ raw_[4 + i];
  mapped_address = v6 ? Address{ip, port, true} : Address::v4(ip[0], ip[1], ip[2], ip[3], port);
  return true;
}

bool Message::read_integrity(Bytes value, size_t at) {
  integrity_at_ = at;
  return value.size() == std::tuple_size_v<IntegrityKey::Tag>;
}

bool Message::note_unknown(uint16_t attribute) {
  if (comprehension_required(attribute) && unknown_count_ < unknown_.size())
    unknown_[unknown_count_++] = attribute;
  return true;
}

}  // namespace sfu::stun
