#include "core/stun/binding.hpp"

#include "core/stun/message_writer.hpp"

namespace sfu::stun {

size_t BindingRequest::write(MutableBytes out, const IntegrityKey& key) const {
  MessageWriter message(out, Class::kRequest, kBinding, transaction);
  message.bytes(Attribute::kUsername, as_bytes(username));
  message.u32(Attribute::kPriority, priority);
  if (controlling) message.u64(Attribute::kIceControlling, *controlling);
  if (controlled) message.u64(Attribute::kIceControlled, *controlled);
  if (use_candidate) message.flag(Attribute::kUseCandidate);
  if (nomination) message.u32(Attribute::kGoogNomination, *nomination);
  message.integrity(key);
  return message.finish();
}

size_t write_success(MutableBytes out, const TransactionId& transaction, const Address& mapped,
                     const IntegrityKey& key) {
  MessageWriter message(out, Class::kSuccess, kBinding, transaction);
  message.xor_mapped_address(mapped);
  message.integrity(key);
  return message.finish();
}

size_t write_error(MutableBytes out, const Message& request, ErrorCode code, const IntegrityKey* key) {
  MessageWriter message(out, Class::kError, request.method, request.transaction);
  message.error_code(code);
  if (code == ErrorCode::kUnknownAttribute) message.unknown_attributes(request.unknown());
  if (key) message.integrity(*key);
  return message.finish();
}

}  // namespace sfu::stun
