// Whatever stun::Message::parse() accepts may be read and checked.
#include <string>

#include "core/base/check.hpp"
#include "core/stun/binding.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sfu;
  static const stun::IntegrityKey key("VOkJxbRl1RmTxUk/WvJxBt");
  const auto message = stun::Message::parse({data, size});
  if (!message) return 0;

  CHECK(!message->has_integrity(key) || message->is_signed());
  if (message->username) {
    const std::string copy = std::string(message->username->local) + std::string(message->username->remote);
    CHECK(copy.size() <= size);
  }
  uint8_t answer[stun::kMaxResponse];
  const size_t written = stun::write_error(answer, *message, stun::ErrorCode::kUnknownAttribute, &key);
  const auto parsed = stun::Message::parse({answer, written});
  CHECK(parsed && parsed->has_integrity(key) && parsed->transaction == message->transaction);
  return 0;
}
