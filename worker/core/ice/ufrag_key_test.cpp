#include "core/ice/ufrag_key.hpp"

#include <doctest/doctest.h>

#include <string>

namespace sfu::ice {

TEST_CASE("Eight ice-chars are a key, and differ from all other eight") {
  CHECK(ufrag_key("abcdefgh") == 0x6162636465666768u);
  CHECK(ufrag_key("AZaz09+/"));
  CHECK(ufrag_key("abcdefgh") != ufrag_key("abcdefgH"));
  CHECK(ufrag_key("abcdefgh") != ufrag_key("Abcdefgh"));
}

TEST_CASE("Anything else is no fragment of ours") {
  CHECK_FALSE(ufrag_key(""));
  CHECK_FALSE(ufrag_key("abcdefg"));
  CHECK_FALSE(ufrag_key("abcdefghi"));
  for (const char c : {':', ' ', '-', '_', '\0', '\x80', '=', '@', '[', '`', '{'}) {
    std::string_view text = "abcdefgh";
    std::string changed(text);
    changed[3] = c;
    CHECK_FALSE(ufrag_key(changed));
  }
}

}  // namespace sfu::ice
