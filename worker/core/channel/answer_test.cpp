#include "core/channel/answer.hpp"

#include <doctest/doctest.h>

#include "core/channel/messages.gen.hpp"

namespace sfu::channel {

namespace {

struct FakeHost {
  Result<Listening> handle(const Listen& listen, int& calls) {
    ++calls;
    if (listen.ip.empty()) return Error::type("ip must be an address");
    return Listening{.socket = 1, .ip = listen.ip, .port = 5000};
  }
  Result<Done> handle(const Unlisten&, int&) { return Error::not_found("there is no such socket"); }
  Result<ResourceUsage> handle(const GetResourceUsage&, int&) { return ResourceUsage{}; }
  Result<Done> handle(const SetLogLevel&, int&) { return Done{}; }
};

template <class M>
Request asking(Method method, const M& message) {
  Request request{.id = 7, .method = static_cast<uint32_t>(method)};
  encode(message, request.body);
  return request;
}

}  // namespace

TEST_CASE("a request is answered with the id it had") {
  FakeHost host;
  int calls = 0;
  const auto reply = dispatch_host(host, asking(Method::kListen, Listen{.ip = "127.0.0.1"}), calls);
  REQUIRE(reply);
  CHECK_EQ(reply->id, 7);
  CHECK_FALSE(reply->error);
  CHECK(decode<Listening>(reply->body) == Listening{.socket = 1, .ip = "127.0.0.1", .port = 5000});
  CHECK_EQ(calls, 1);
}

TEST_CASE("a handler's error becomes the reply") {
  FakeHost host;
  int calls = 0;
  const auto type = dispatch_host(host, asking(Method::kListen, Listen{}), calls);
  CHECK(type == Reply{.id = 7, .error = Failure{FailureCode::kType, "ip must be an address"}});
  const auto missing = dispatch_host(host, asking(Method::kUnlisten, Unlisten{}), calls);
  CHECK_EQ(missing->error->code, FailureCode::kNotFound);
}

TEST_CASE("a malformed body is answered without asking the handler") {
  FakeHost host;
  int calls = 0;
  Request request{.id = 7, .method = static_cast<uint32_t>(Method::kListen), .body = {0xff}};
  CHECK_EQ(dispatch_host(host, request, calls)->error->code, FailureCode::kType);
  CHECK_EQ(calls, 0);
}

TEST_CASE("another service's request is not answered") {
  FakeHost host;
  int calls = 0;
  CHECK_FALSE(dispatch_host(host, asking(Method::kCreateRouter, CreateRouter{}), calls));
  CHECK_FALSE(dispatch_host(host, Request{.method = UINT32_MAX}, calls));
}

TEST_CASE("an error's code is the same number on the wire") {
  CHECK_EQ(static_cast<uint32_t>(FailureCode::kError), static_cast<uint32_t>(Error::Code::kError));
  CHECK_EQ(static_cast<uint32_t>(FailureCode::kType), static_cast<uint32_t>(Error::Code::kType));
  CHECK_EQ(static_cast<uint32_t>(FailureCode::kNotFound), static_cast<uint32_t>(Error::Code::kNotFound));
  CHECK_EQ(static_cast<uint32_t>(FailureCode::kUnsupported),
           static_cast<uint32_t>(Error::Code::kUnsupported));
}

}  // namespace sfu::channel
