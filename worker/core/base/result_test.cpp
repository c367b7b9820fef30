#include "core/base/result.hpp"

#include <doctest/doctest.h>

namespace sfu {

TEST_CASE("a result is a value or an error") {
  Result<int> value = 5;
  REQUIRE(value);
  CHECK_EQ(*value, 5);
  *value = 6;
  CHECK_EQ(*value, 6);

  const Result<int> error = Error::not_found("there is no router 5");
  REQUIRE_FALSE(error);
  CHECK_EQ(error.error().code, Error::Code::kNotFound);
  CHECK_EQ(error.error().message, "there is no router 5");
}

TEST_CASE("a result's members are at hand") {
  Result<std::string> text = std::string("abc");
  CHECK_EQ(text->size(), 3);
}

}  // namespace sfu
