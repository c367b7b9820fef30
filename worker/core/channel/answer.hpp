// How one request is answered: decode it, ask the handler, encode what it says. The generated dispatchers
// call this once for each request; a handler that lacks one does not compile.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

#include "core/base/result.hpp"
#include "core/channel/wire.hpp"

namespace sfu::channel {

// The reply to request `id` that carries `error`.
template <class Reply>
Reply refusal(uint32_t id, const Error& error) {
  using Failure = typename decltype(Reply::error)::value_type;
  using Code = decltype(Failure::code);
  return {.id = id, .error = Failure{static_cast<Code>(error.code), error.message}};
}

template <class Reply, class Message, class Response, class Handler, class Request, class... Context>
Reply answer(Handler& handler, const Request& request, Context&... context) {
  const std::optional<Message> message = decode<Message>(request.body);
  if (!message) return refusal<Reply>(request.id, Error::type("the request's body is malformed"));
  const std::same_as<Result<Response>> auto result = handler.handle(*message, context...);
  if (!result) return refusal<Reply>(request.id, result.error());
  Reply reply{.id = request.id};
  encode(*result, reply.body);
  return reply;
}

}  // namespace sfu::channel
