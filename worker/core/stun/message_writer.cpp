#include "core/stun/message_writer.hpp"

#include <string_view>

#include "core/stun/crc32.hpp"

namespace sfu::stun {
namespace {

uint16_t type_of(Class type, uint16_t method) {
  const auto c = static_cast<unsigned>(type);
  const unsigned m = method;
  return static_cast<uint16_t>((m & 0xf) | (m & 0x70) << 1 | (m & 0xf80) << 2 | (c & 1) << 4 | (c & 2) << 7);
}

std::string_view reason(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadRequest:
      return "Bad Request";
    case ErrorCode::kUnauthenticated:
      return "Unauthenticated";
    case ErrorCode::kUnknownAttribute:
      return "Unknown Attribute";
    case ErrorCode::kRoleConflict:
      return "Role Conflict";
  }
  return {};
}

}  // namespace

MessageWriter::MessageWriter(MutableBytes out, Class type, uint16_t method, const TransactionId& transaction)
    : out_(out) {
  out_.u16(type_of(type, method));
  out_.u16(0);
  out_.u32(kMagicCookie);
  out_.bytes(transaction);
}

void MessageWriter::bytes(Attribute attribute, Bytes value) {
  head(attribute, value.size());
  out_.bytes(value);
  pad();
}

void MessageWriter::u32(Attribute attribute, uint32_t value) {
  head(attribute, 4);
  out_.u32(value);
}

void MessageWriter::u64(Attribute attribute, uint64_t value) {
  head(attribute, 8);
  out_.u64(value);
}

void MessageWriter::xor_mapped_address(const Address& address) {
  if (!out_.ok()) return;
  const Bytes ip = address.v6 ? Bytes(address.ip) : Bytes(address.ip).subspan(12);
  const Bytes mask = out_.written().subspan(4, ip.size());
  head(Attribute::kXorMappedAddress, 4 + ip.size());
  out_.u16(address.v6 ? 2 : 1);
  out_.u16(static_cast<uint16_t>(address.port ^ (kMagicCookie >> 16)));
  for (size_t i = 0; i < ip.size(); ++i) out_.u8(ip[i] ^ mask[i]);
}

void MessageWriter::error_code(ErrorCode code) {
  const std::string_view text = reason(code);
  const auto number = static_cast<uint16_t>(code);
  head(Attribute::kErrorCode, 4 + text.size());
  out_.u32(static_cast<uint32_t>(number / 100) << 8 | number % 100);
  out_.bytes(as_bytes(text));
  pad();
}

void MessageWriter::unknown_attributes(std::span<const uint16_t> attributes) {
  head(Attribute::kUnknownAttributes, attributes.size() * 2);
  for (const uint16_t attribute : attributes) out_.u16(attribute);
  pad();
}

void MessageWriter::integrity(const IntegrityKey& key) {
  set_length(24);
  bytes(Attribute::kMessageIntegrity, key.sign(out_.written(), {}));
}

size_t MessageWriter::finish() {
  set_length(8);
  u32(Attribute::kFingerprint, fingerprint(out_.written()));
  return out_.ok() ? out_.size() : 0;
}

void MessageWriter::head(Attribute attribute, size_t size) {
  out_.u16(static_cast<uint16_t>(attribute));
  out_.u16(static_cast<uint16_t>(size));
}

void MessageWriter::pad() { out_.zeros((4 - out_.size() % 4) % 4); }

void MessageWriter::set_length(size_t more) {
  out_.u16_at(2, static_cast<uint16_t>(out_.size() - kHeaderSize + more));
}

}  // namespace sfu::stun
