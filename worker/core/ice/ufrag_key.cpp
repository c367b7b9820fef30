#include "core/ice/ufrag_key.hpp"

#include <algorithm>

#include "core/base/bytes.hpp"

namespace sfu::ice {
namespace {

bool is_ice_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

std::optional<UfragKey> ufrag_key(std::string_view ufrag) {
  if (ufrag.size() != kUfragLength || !std::ranges::all_of(ufrag, is_ice_char)) return std::nullopt;
  return load64(as_bytes(ufrag).data());
}

}  // namespace sfu::ice
