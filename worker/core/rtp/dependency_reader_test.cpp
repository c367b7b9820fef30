#include "core/rtp/dependency_reader.hpp"

#include <doctest/doctest.h>

#include "core/rtp/test_descriptor.hpp"

namespace sfu::rtp {
namespace {

using namespace test;

TEST_CASE("a structure holds for what comes behind it, and each has a name of its own") {
  DependencyReader reader;
  CHECK_FALSE(reader.read(mandatory(1, 1).bytes(), 5));
  CHECK(reader.current() == nullptr);
  const auto key = reader.read(key_frame(false, false, 10).bytes(), 10);
  REQUIRE(key);
  CHECK(key->structure == reader.current()->id);
  CHECK(reader.read(mandatory(1, 11).bytes(), 11)->structure == key->structure);
  const auto next = reader.read(key_frame(false, false, 20).bytes(), 20);
  CHECK(next->structure != key->structure);
  CHECK(reader.read(mandatory(1, 21).bytes(), 21)->structure == next->structure);
}

TEST_CASE("what comes late refers to the structure before") {
  DependencyReader reader;
  const auto first = reader.read(key_frame(false, false, 10).bytes(), 10);
  const auto second = reader.read(key_frame(true, false, 20).bytes(), 20);
  CHECK(reader.read(mandatory(3, 15).bytes(), 15)->structure == first->structure);
  CHECK(reader.read(mandatory(3, 15).bytes(), 15)->inter_layer);
  CHECK_FALSE(reader.read(mandatory(3, 25).bytes(), 25)->inter_layer);
  CHECK(reader.read(mandatory(3, 25).bytes(), 25)->structure == second->structure);
  CHECK_FALSE(reader.read(mandatory(1, 5).bytes(), 5));  // before the first
}

TEST_CASE("a structure that comes late takes its place among the others") {
  DependencyReader reader;
  reader.read(key_frame(false, false, 10).bytes(), 10);
  reader.read(key_frame(false, false, 30).bytes(), 30);
  const uint8_t current = reader.current()->id;
  CHECK(reader.take_news());
  CHECK_FALSE(reader.take_news());
  const auto late = reader.read(key_frame(false, false, 20).bytes(), 20);
  CHECK(reader.take_news());
  CHECK(reader.current()->id == current);
  CHECK(reader.read(mandatory(1, 25).bytes(), 25)->structure == late->structure);
}

TEST_CASE("all packets of a frame that bring its structure bring one") {
  DependencyReader reader;
  const auto second = reader.read(key_frame(false, false, 10).bytes(), 11);
  const auto first = reader.read(key_frame(false, false, 10).bytes(), 10);
  CHECK(first->structure == second->structure);
}

TEST_CASE("which targets are active is told, or shown by their frames") {
  DependencyReader reader;
  reader.read(key_frame(false, false, 10).bytes(), 10);
  CHECK(reader.current()->active_targets == 0b11);
  const auto lower_only = [](uint32_t number) { return mandatory(1, number).bits(5, 0b01000).bits(2, 0b01); };
  reader.read(lower_only(11).bytes(), 11);
  CHECK(reader.current()->active_targets == 0b01);
  reader.read(mandatory(1, 12).bytes(), 12);
  CHECK(reader.current()->active_targets == 0b01);
  reader.read(mandatory(3, 13).bytes(), 13);
  CHECK(reader.current()->active_targets == 0b11);
  reader.read(lower_only(9).bytes(), 9);  // late
  CHECK(reader.current()->active_targets == 0b11);
}

TEST_CASE("as many structures are kept as kKept") {
  DependencyReader reader;
  const auto count = static_cast<int64_t>(DependencyReader::kKept);
  for (int64_t i = 0; i <= count; ++i)
    reader.read(key_frame(false, false, static_cast<uint32_t>(i * 10)).bytes(), i * 10);
  CHECK_FALSE(reader.read(mandatory(1, 5).bytes(), 5));
  CHECK(reader.read(mandatory(1, 15).bytes(), 15));
}

}  // namespace
}  // namespace sfu::rtp
