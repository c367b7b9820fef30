// For the tests: wire bytes from hexadecimal text, and messages through Builder and Reader.
#pragma once

#include <doctest/doctest.h>

#include <vector>

#include "core/rtcp/builder.hpp"
#include "core/rtcp/compound.hpp"

namespace sfu::rtcp {

inline std::vector<uint8_t> hex(std::string_view text) {
  std::vector<uint8_t> out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high >= 0) out.push_back(static_cast<uint8_t>(high << 4 | digit));
    high = high >= 0 ? -1 : digit;
  }
  return out;
}

template <class M>
std::vector<uint8_t> written(const M& message) {
  std::vector<uint8_t> out(Builder::kMaxSize);
  Builder builder(out);
  REQUIRE(builder.add(message));
  out.resize(builder.size());
  return out;
}

// The datagram's first message, which must be an M. It views `datagram`.
template <class M>
M only(const std::vector<uint8_t>& datagram) {
  Reader reader(datagram);
  const auto message = reader.next();
  REQUIRE(message.has_value());
  REQUIRE(std::holds_alternative<M>(*message));
  return *std::get_if<M>(&*message);
}

inline bool is_malformed(const std::vector<uint8_t>& datagram) {
  Reader reader(datagram);
  while (reader.next()) {
  }
  return reader.malformed();
}

// `datagram` holds one message. None of its beginnings does, however long the header says it is.
inline void check_truncations(const std::vector<uint8_t>& datagram) {
  for (size_t size = 1; size < datagram.size(); ++size) {
    CAPTURE(size);
    // A vector of its own: the sanitizer then sees a read behind the end.
    std::vector<uint8_t> beginning(datagram.begin(), datagram.begin() + static_cast<int64_t>(size));
    CHECK(is_malformed(beginning));
    if (size % 4 != 0) continue;
    store16(beginning.data() + 2, static_cast<uint16_t>(size / 4 - 1));
    CHECK(is_malformed(beginning));
  }
}

template <class Range>
auto to_vector(const Range& range) {
  std::vector<std::decay_t<decltype(*range.begin())>> out;
  for (const auto& value : range) out.push_back(value);
  return out;
}

}  // namespace sfu::rtcp
