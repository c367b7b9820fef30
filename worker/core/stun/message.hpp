// A STUN message (RFC 8489, 5) as ICE uses it. Fields are values or views into the parsed bytes, which must
// outlive the message. Of an attribute that comes twice the first counts (RFC 8489, 14), and what follows
// MESSAGE-INTEGRITY is ignored but for FINGERPRINT (14.5), so every field is covered by has_integrity().
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |0 0|     Method and class      |        Length in bytes        |
// |                  Magic cookie, 0x2112A442                     |
// |                                                               |
// |                  Transaction id (96 bits)                     |
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |   Attribute, its length, its value padded to 32 bits, …       |
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"
#include "core/stun/attribute.hpp"
#include "core/stun/integrity_key.hpp"

namespace sfu::stun {

// USERNAME of a connectivity check, as its receiver sees it: "local:remote" (RFC 8445, 7.2.2).
struct Username {
  std::string_view local;
  std::string_view remote;  // empty when there is no colon
};

class Message {
 public:
  // The message that fills `in` exactly; nullopt when it is malformed or its FINGERPRINT is wrong.
  static std::optional<Message> parse(Bytes in);

  Class type = Class::kRequest;
  uint16_t method = 0;
  TransactionId transaction{};
  std::optional<Username> username;
  std::optional<uint32_t> priority;
  bool use_candidate = false;
  std::optional<uint32_t> nomination;
  std::optional<uint64_t> controlling;  // the sender's tie-breaker, when it claims that role
  std::optional<uint64_t> controlled;
  std::optional<uint16_t> error_code;
  std::optional<Address> mapped_address;  // XOR-MAPPED-ADDRESS
  bool has_fingerprint = false;

  bool is_signed() const { return integrity_at_ != 0; }
  bool has_integrity(const IntegrityKey& key) const;
  // The comprehension-required attributes not understood, the first eight of them.
  std::span<const uint16_t> unknown() const { return std::span(unknown_).first(unknown_count_); }

 private:
  bool read(uint16_t attribute, Bytes value, size_t at);
  bool read_username(Bytes value);
  bool read_error_code(Bytes value);
  bool read_mapped_address(Bytes value);
  bool read_integrity(Bytes value, size_t at);
  bool note_unknown(uint16_t attribute);

  Bytes raw_;
  size_t integrity_at_ = 0;  // where MESSAGE-INTEGRITY begins
  std::array<uint16_t, 8> unknown_{};
  size_t unknown_count_ = 0;
};

}  // namespace sfu::stun
