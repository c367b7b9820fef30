// The Binding messages of ICE (RFC 8445, 7.2 and 7.3): the check of a full agent, and our answers to it. Each
// function writes into a buffer and gives the size, or 0 when the buffer is too small.
#pragma once

#include <optional>
#include <string_view>

#include "core/stun/message.hpp"

namespace sfu::stun {

// Room for any answer.
inline constexpr size_t kMaxResponse = 128;

struct BindingRequest {
  TransactionId transaction{};
  std::string_view username;  // "receiver's fragment:sender's fragment"
  uint32_t priority = 0;
  std::optional<uint64_t> controlling;
  std::optional<uint64_t> controlled;
  bool use_candidate = false;
  std::optional<uint32_t> nomination;

  size_t write(MutableBytes out, const IntegrityKey& key) const;
};

size_t write_success(MutableBytes out, const TransactionId& transaction, const Address& mapped,
                     const IntegrityKey& key);

// The answer to a request that could not be authenticated is not signed (RFC 8489, 9.1.3): `key` is null.
size_t write_error(MutableBytes out, const Message& request, ErrorCode code, const IntegrityKey* key);

}  // namespace sfu::stun
