// The protobuf wire format (https://protobuf.dev/programming-guides/encoding/) for the generated structs.
// A message is a struct with `static void fields(auto& message, auto&& visit)`, which calls
// visit(number, member) for each field in the order of the numbers.
// decode() accepts nothing that would lose information but unknown fields, which are skipped: numbers out of
// range, unknown enumerators, wrong lengths, deep nesting and floods of list elements give nullopt.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.hpp"

namespace sfu::channel::wire {

inline constexpr int kMaxDepth = 16;
// Elements of lists and maps in one message, all its parts together: two bytes may ask for a large struct.
inline constexpr size_t kMaxItems = 1 << 16;

enum class Type : uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

using Blob = std::vector<uint8_t>;
using Map = std::vector<std::pair<std::string, std::string>>;

// The field numbers of a oneof's messages; alternative 0 of its variant is std::monostate.
template <uint32_t... Numbers>
struct OneOf {};

template <class T>
concept Scalar = std::integral<T> || std::is_enum_v<T>;
template <class T>
concept Text = std::same_as<T, std::string> || std::same_as<T, Blob>;

template <class T>
constexpr Type type_of() {
  if constexpr (Scalar<T>) return Type::kVarint;
  if constexpr (std::same_as<T, double>) return Type::kFixed64;
  return Type::kLength;
}

class Writer {
 public:
  explicit Writer(Blob& out) : out_(out) {}

  template <class M>
  void message(const M& m) {
    M::fields(m, *this);
  }

  // A plain field is left out when it has its default.
  template <class T>
  void operator()(uint32_t number, const T& v) {
    if (v != T{}) field(number, v);
  }
  template <class T>
  void operator()(uint32_t number, const std::optional<T>& v) {
    if (v) field(number, *v);
  }
  void operator()(uint32_t number, const Blob& v) {
    if (!v.empty()) field(number, v);
  }
  void operator()(uint32_t number, const Map& v) {
    for (const auto& entry : v) sized(number, [&] { field(1, entry.first), field(2, entry.second); });
  }
  template <class T>
  void operator()(uint32_t number, const std::vector<T>& v) {
    if constexpr (type_of<T>() == Type::kLength) {
      for (const T& item : v) field(number, item);
    } else if (!v.empty()) {
      sized(number, [&] {
        for (const T& item : v) value(item);
      });
    }
  }
  template <uint32_t... Numbers, class... T>
  void operator()(OneOf<Numbers...>, const std::variant<std::monostate, T...>& v) {
    (field_if<T>(Numbers, v), ...);
  }

 private:
  template <class T>
  void field_if(uint32_t number, const auto& variant) {
    if (const T* v = std::get_if<T>(&variant)) field(number, *v);
  }
  template <class T>
  void field(uint32_t number, const T& v) {
    if constexpr (Scalar<T> || std::same_as<T, double> || Text<T>) {
      tag(number, type_of<T>());
      value(v);
    } else {
      sized(number, [&] { message(v); });
    }
  }
  template <class T>
  void value(const T& v) {
    if constexpr (Text<T>) {
      varint(v.size());
      out_.insert(out_.end(), v.begin(), v.end());
    } else if constexpr (std::same_as<T, double>) {
      const auto bits = std::bit_cast<uint64_t>(v);
      for (int shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<uint8_t>(bits >> shift));
    } else {
      varint(static_cast<uint64_t>(v));
    }
  }
  // One byte is kept for the size, and more are made when the body outgrows it.
  void sized(uint32_t number, auto&& body) {
    tag(number, Type::kLength);
    const size_t start = out_.size();
    out_.push_back(0);
    body();
    uint64_t size = out_.size() - start - 1;
    const size_t extra = (std::bit_width(size | 1) + 6) / 7 - 1;
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(start) + 1, extra, 0);
    for (size_t i = 0; i <= extra; ++i, size >>= 7)
      out_[start + i] = static_cast<uint8_t>((size & 0x7f) | (i < extra ? 0x80 : 0));
  }
  void tag(uint32_t number, Type type) { varint(number << 3 | static_cast<uint32_t>(type)); }
  void varint(uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_.push_back(static_cast<uint8_t>(v | 0x80));
    out_.push_back(static_cast<uint8_t>(v));
  }

  Blob& out_;
};

class Reader {
 public:
  explicit Reader(Bytes in) : in_(in) {}

  template <class M>
  bool message(M& m) {
    while (ok_ && !in_.empty()) {
      if (!tag()) continue;
      taken_ = false;
      M::fields(m, *this);
      if (!taken_) skip();
    }
    return ok_;
  }

  template <class T>
  void operator()(uint32_t number, T& v) {
    if (takes(number, type_of<T>())) value(v);
  }
  template <class T>
  void operator()(uint32_t number, std::optional<T>& v) {
    if (takes(number, type_of<T>())) value(v.emplace());
  }
  void operator()(uint32_t number, Blob& v) {
    if (takes(number, Type::kLength)) value(v);
  }
  void operator()(uint32_t number, Map& v) {
    if (takes(number, Type::kLength) && counted()) value(v.emplace_back());
  }
  template <class T>
  void operator()(uint32_t number, std::vector<T>& v) {
    if (takes(number, type_of<T>())) {
      if (counted()) value(v.emplace_back());
    } else if (type_of<T>() != Type::kLength && takes(number, Type::kLength)) {
      nested([&] {
        while (ok_ && !in_.empty() && counted()) value(v.emplace_back());
      });
    }
  }
  template <uint32_t... Numbers, class... T>
  void operator()(OneOf<Numbers...>, std::variant<std::monostate, T...>& v) {
    (take_alternative<T>(Numbers, v), ...);
  }

 private:
  template <class T>
  void take_alternative(uint32_t number, auto& variant) {
    if (takes(number, Type::kLength)) value(variant.template emplace<T>());
  }
  template <class T>
  void value(T& v) {
    if constexpr (std::is_enum_v<T>) {
      const uint64_t number = varint();
      if (fits(number <= static_cast<uint64_t>(last_of(T{})))) v = static_cast<T>(number);
    } else if constexpr (std::signed_integral<T>) {
      const auto number = static_cast<int64_t>(varint());
      if (fits(std::in_range<T>(number))) v = static_cast<T>(number);
    } else if constexpr (std::integral<T>) {
      const uint64_t number = varint();
      if (fits(number <= std::numeric_limits<T>::max())) v = static_cast<T>(number);
    } else if constexpr (std::same_as<T, double>) {
      v = number64();
    } else if constexpr (Text<T>) {
      const Bytes bytes = take(varint());
      v.assign(bytes.begin(), bytes.end());
    } else if constexpr (std::same_as<T, Map::value_type>) {
      nested([&] { entry(v); });
    } else {
      nested([&] { message(v); });
    }
  }
  void entry(Map::value_type& v) {
    while (ok_ && !in_.empty()) {
      if (!tag()) continue;
      taken_ = false;
      (*this)(1, v.first);
      (*this)(2, v.second);
      if (!taken_) skip();
    }
  }
  // Reads what the next length spans as if it were all of the input.
  void nested(auto&& body) {
    const Bytes inner = take(varint());
    const Bytes rest = std::exchange(in_, inner);
    if (fits(++depth_ <= kMaxDepth)) body();
    --depth_;
    in_ = rest;
    taken_ = true;
  }

  bool tag() {
    const uint64_t tag = varint();
    number_ = static_cast<uint32_t>(tag >> 3);
    type_ = static_cast<Type>(tag & 7);
    return fits(tag >= 8 && tag <= UINT32_MAX);
  }
  // Whether the field at hand is this one. A field of another wire type counts as unknown.
  bool takes(uint32_t number, Type type) {
    if (taken_ || number_ != number || type_ != type) return false;
    return taken_ = true;
  }
  bool counted() { return fits(++items_ <= kMaxItems); }
  bool fits(bool condition) { return ok_ = ok_ && condition; }

  uint64_t varint() {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && !in_.empty(); shift += 7) {
      const uint8_t byte = in_.front();
      in_ = in_.subspan(1);
      if (shift == 63 && byte > 1) break;
      v |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return v;
    }
    ok_ = false;
    return 0;
  }
  double number64() {
    uint64_t bits = 0;
    const Bytes bytes = take(8);
    for (size_t i = 0; i < bytes.size(); ++i) bits |= uint64_t{bytes[i]} << (8 * i);
    return std::bit_cast<double>(bits);
  }
  Bytes take(uint64_t size) {
    if (!fits(size <= in_.size())) return {};
    return *sfu::take(in_, static_cast<size_t>(size));
  }
  void skip() {
    switch (type_) {
      case Type::kVarint:
        varint();
        break;
      case Type::kFixed64:
        take(8);
        break;
      case Type::kLength:
        take(varint());
        break;
      case Type::kFixed32:
        take(4);
        break;
      default:
        ok_ = false;
    }
  }

  Bytes in_;
  uint32_t number_ = 0;
  Type type_ = Type::kVarint;
  int depth_ = 0;
  size_t items_ = 0;
  bool taken_ = false;
  bool ok_ = true;
};

}  // namespace sfu::channel::wire

namespace sfu::channel {

// Appends the message's bytes to `out`.
template <class M>
void encode(const M& message, std::vector<uint8_t>& out) {
  wire::Writer(out).message(message);
}

template <class M>
std::optional<M> decode(Bytes in) {
  M message;
  if (!wire::Reader(in).message(message)) return std::nullopt;
  return message;
}

}  // namespace sfu::channel
