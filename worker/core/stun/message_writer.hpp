// Writes a STUN message into a buffer, attribute by attribute, each padded with zeros to 32 bits. What does
// not fit is noticed at finish(), which then gives 0.
#pragma once

#include <span>

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"
#include "core/stun/attribute.hpp"
#include "core/stun/integrity_key.hpp"

namespace sfu::stun {

class MessageWriter {
 public:
  MessageWriter(MutableBytes out, Class type, uint16_t method, const TransactionId& transaction);

  void bytes(Attribute attribute, Bytes value);
  void u32(Attribute attribute, uint32_t value);
  void u64(Attribute attribute, uint64_t value);
  void flag(Attribute attribute) { bytes(attribute, {}); }
  void xor_mapped_address(const Address& address);
  void error_code(ErrorCode code);
  void unknown_attributes(std::span<const uint16_t> attributes);

  void integrity(const IntegrityKey& key);
  // Appends FINGERPRINT and gives the size of the message.
  size_t finish();

 private:
  void head(Attribute attribute, size_t size);
  void pad();
  // Makes the header count `more` bytes that are still to come.
  void set_length(size_t more);

  ByteWriter out_;
};

}  // namespace sfu::stun
