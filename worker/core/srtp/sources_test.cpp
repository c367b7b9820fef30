#include "core/srtp/sources.hpp"

#include <doctest/doctest.h>

namespace sfu::srtp {
namespace {

TEST_CASE("each SSRC has a window of its own") {
  Sources sources;
  CHECK(sources.find(1) == nullptr);
  sources.add(1, 10);
  sources.add(2, 20);
  sources.add(1, 11);
  CHECK(sources.find(1)->newest() == 11);
  CHECK(sources.find(2)->newest() == 20);
  CHECK(!sources.find(2)->has(10));
}

TEST_CASE("a table that is full forgets the SSRC silent for longest") {
  Sources sources;
  for (uint32_t ssrc = 0; ssrc < Sources::kMax; ++ssrc) CHECK(!sources.add(ssrc, 1));
  sources.add(0, 2);
  CHECK(sources.add(1'000'000, 1) == 1);
  CHECK(sources.size() == Sources::kMax);
  CHECK(sources.find(0) != nullptr);
  CHECK(sources.find(1) == nullptr);
  CHECK(sources.find(1'000'000) != nullptr);
}

TEST_CASE("however many SSRCs come, the table stays bounded and keeps the one in use") {
  Sources sources;
  for (uint32_t i = 1; i < 5000; ++i) {
    sources.add(0, i);
    sources.add(i, 1);
  }
  CHECK(sources.size() == Sources::kMax);
  CHECK(sources.find(0)->newest() == 4999);
}

}  // namespace
}  // namespace sfu::srtp
