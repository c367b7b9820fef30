#include "core/stun/binding.hpp"

#include <doctest/doctest.h>

#include <array>

#include "core/stun/message_writer.hpp"

namespace sfu::stun {
namespace {

const IntegrityKey kKey("a password of twenty-four");
constexpr TransactionId kTransaction = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

std::optional<Message> written(MutableBytes out, size_t size) { return Message::parse(out.first(size)); }

}  // namespace

TEST_CASE("A check carries what a controlling agent has to say") {
  std::array<uint8_t, 256> out;
  BindingRequest request;
  request.transaction = kTransaction;
  request.username = "ours:theirs";
  request.priority = 0x6e7f1eff;
  request.controlling = 0x0102030405060708;
  const auto plain = written(out, request.write(out, kKey));
  REQUIRE(plain);
  CHECK(plain->type == Class::kRequest);
  CHECK(plain->method == kBinding);
  CHECK(plain->transaction == kTransaction);
  CHECK(plain->username->local == "ours");
  CHECK(plain->username->remote == "theirs");
  CHECK(plain->priority == 0x6e7f1effu);
  CHECK(plain->controlling == 0x0102030405060708u);
  CHECK_FALSE(plain->controlled);
  CHECK_FALSE(plain->use_candidate);
  CHECK_FALSE(plain->nomination);
  CHECK(plain->has_fingerprint);
  CHECK(plain->has_integrity(kKey));

  request.use_candidate = true;
  request.nomination = 3;
  const auto nominating = written(out, request.write(out, kKey));
  REQUIRE(nominating);
  CHECK(nominating->use_candidate);
  CHECK(nominating->nomination == 3u);
}

TEST_CASE("The success response tells an IPv4 or IPv6 address and is signed") {
  for (const Address& mapped : {Address::v4(203, 0, 113, 9, 65535), Address::v4(0, 0, 0, 0, 0),
                                *Address::parse("2001:db8::1", 1), *Address::parse("::", 0)}) {
    std::array<uint8_t, kMaxResponse> out;
    const auto message = written(out, write_success(out, kTransaction, mapped, kKey));
    REQUIRE(message);
    CHECK(message->type == Class::kSuccess);
    CHECK(message->transaction == kTransaction);
    CHECK(message->mapped_address == mapped);
    CHECK(message->has_fingerprint);
    CHECK(message->has_integrity(kKey));
  }
}

TEST_CASE("An error response repeats method and transaction, and is signed when there is a key") {
  Message request;
  request.method = 3;
  request.transaction = kTransaction;
  for (const ErrorCode code : {ErrorCode::kBadRequest, ErrorCode::kUnauthenticated,
                               ErrorCode::kUnknownAttribute, ErrorCode::kRoleConflict}) {
    for (const IntegrityKey* key : {&kKey, static_cast<const IntegrityKey*>(nullptr)}) {
      std::array<uint8_t, kMaxResponse> out;
      const auto message = written(out, write_error(out, request, code, key));
      REQUIRE(message);
      CHECK(message->type == Class::kError);
      CHECK(message->method == 3);
      CHECK(message->transaction == kTransaction);
      CHECK(message->error_code == static_cast<uint16_t>(code));
      CHECK(message->has_fingerprint);
      CHECK(message->is_signed() == (key != nullptr));
      CHECK(message->has_integrity(kKey) == (key != nullptr));
    }
  }
}

TEST_CASE("420 lists the attributes that were not understood") {
  std::array<uint8_t, 256> in;
  MessageWriter writer(in, Class::kRequest, kBinding, kTransaction);
  for (uint16_t i = 0; i < 9; ++i) writer.flag(Attribute{static_cast<uint16_t>(0x7001 + i)});
  const auto request = written(in, writer.finish());
  REQUIRE(request);

  std::array<uint8_t, kMaxResponse> out;
  const size_t size = write_error(out, *request, ErrorCode::kUnknownAttribute, &kKey);
  REQUIRE(written(out, size));
  const std::array<uint8_t, 8> expected = {0x00, 0x0a, 0x00, 0x10, 0x70, 0x01, 0x70, 0x02};
  CHECK(as_text(Bytes(out).first(size)).find(as_text(expected)) != std::string_view::npos);
}

TEST_CASE("A buffer too small gives nothing, and is not overrun") {
  std::array<uint8_t, kMaxResponse> out;
  const Address v6 = *Address::parse("2001:db8::1", 1);
  const size_t size = write_success(out, kTransaction, v6, kKey);
  REQUIRE(size > 0);
  for (size_t room = 0; room < size; ++room)
    CHECK(write_success(MutableBytes(out).first(room), kTransaction, v6, kKey) == 0);
  CHECK(write_success(MutableBytes(out).first(size), kTransaction, v6, kKey) == size);
}

}  // namespace sfu::stun
