// A value, or the error that the controller gets in its reply. The message names the field and what to do.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/base/check.hpp"

namespace sfu {

struct Error {
  enum class Code : uint32_t { kError = 0, kType = 1, kNotFound = 2, kUnsupported = 3 };
  Code code = Code::kError;
  std::string message;

  static Error type(std::string message) { return {Code::kType, std::move(message)}; }
  static Error not_found(std::string message) { return {Code::kNotFound, std::move(message)}; }
  static Error unsupported(std::string message) { return {Code::kUnsupported, std::move(message)}; }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  T& operator*() { return *value(); }
  const T& operator*() const { return *const_cast<Result*>(this)->value(); }
  T* operator->() { return value(); }
  const T* operator->() const { return const_cast<Result*>(this)->value(); }
  const Error& error() const {
    CHECK(!*this);
    return *std::get_if<Error>(&state_);
  }

 private:
  T* value() {
    CHECK(static_cast<bool>(*this));
    return std::get_if<T>(&state_);
  }
  std::variant<T, Error> state_;
};

}  // namespace sfu
