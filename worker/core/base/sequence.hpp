// Wrapped counters (RFC 3550 sequence numbers and timestamps) and their unwrapped forms.
// A wrapped number is never compared with `<`: ask is_newer(), or unwrap it and compare int64_t.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

namespace sfu {

// Whether `a` comes after `b`, both being within half the number space of each other (RFC 1982).
template <class T>
requires std::is_unsigned_v<T>
bool is_newer(T a, T b) { return a != b && static_cast<T>(a - b) <= static_cast<T>(~T{0}) / 2; }

// Gives each wrapped number the int64_t nearest to the newest one seen. The first becomes itself.
template <class T>
requires std::is_unsigned_v<T>
class Unwrapper {
 public:
  int64_t unwrap(T value) {
    const int64_t unwrapped = peek(value);
    if (!newest_ || unwrapped > *newest_) newest_ = unwrapped;
    return unwrapped;
  }
  // As unwrap(), without moving on.
  int64_t peek(T value) const {
    if (!newest_) return value;
    using Signed = std::make_signed_t<T>;
    return *newest_ + static_cast<Signed>(static_cast<T>(value - static_cast<T>(*newest_)));
  }
  std::optional<int64_t> newest() const { return newest_; }
  void reset() { newest_.reset(); }

 private:
  std::optional<int64_t> newest_;
};

}  // namespace sfu
