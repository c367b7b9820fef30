// A local username fragment as a number, by which the SFU finds the transport that a Binding request is for.
// Ours are always eight ice-chars long, so that they fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sfu::ice {

using UfragKey = uint64_t;

inline constexpr size_t kUfragLength = 8;

// nullopt when `ufrag` cannot be one of ours: not eight letters, digits, '+' or '/' (RFC 8839, 5.4).
std::optional<UfragKey> ufrag_key(std::string_view ufrag);

}  // namespace sfu::ice
