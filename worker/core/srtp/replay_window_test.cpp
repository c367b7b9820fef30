#include "core/srtp/replay_window.hpp"

#include <doctest/doctest.h>

#include <set>

#include "core/base/random.hpp"

namespace sfu::srtp {
namespace {

TEST_CASE("a new window has its first index and all that the window cannot hold") {
  const ReplayWindow window(5000);
  CHECK(window.has(5000));
  CHECK(!window.has(4999));
  CHECK(!window.has(5000 - 1023));
  CHECK(window.has(5000 - 1024));
  CHECK(!window.has(5001));
}

TEST_CASE("an index is had once it was added, and the newest never goes back") {
  ReplayWindow window(100);
  window.add(98);
  CHECK(window.newest() == 100);
  CHECK(window.has(98));
  CHECK(!window.has(99));
}

TEST_CASE("a jump forgets what it leaves behind, and nothing that it does not") {
  for (const uint64_t jump : std::initializer_list<uint64_t>{1, 63, 64, 65, 1022, 1023, 1024, 1025, 30000}) {
    ReplayWindow window(10'000);
    window.add(10'000 + jump);
    CHECK(window.has(10'000));
    for (uint64_t between = 10'001; between < 10'000 + jump; ++between) {
      CHECK(window.has(between) == (10'000 + jump - between >= ReplayWindow::kSize));
    }
  }
}

TEST_CASE("the window agrees with a set of all indexes ever added") {
  Random random(11);
  std::set<uint64_t> added = {40'000};
  ReplayWindow window(40'000);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t index = window.newest() + random.below(1300) - 1200;
    const bool too_old = index + ReplayWindow::kSize <= window.newest();
    REQUIRE(window.has(index) == (too_old || added.contains(index)));
    if (window.has(index)) continue;
    window.add(index);
    added.insert(index);
  }
}

TEST_CASE("the index is estimated as in RFC 3711, appendix A") {
  struct Row {
    uint64_t newest;
    uint16_t sequence;
    uint64_t index;
  };
  for (const Row& row : {
           Row{0x1'8000, 0x8001, 0x1'8001},  // next
           Row{0x1'fffe, 0x0001, 0x2'0001},  // around the wrap
           Row{0x2'0001, 0xfffe, 0x1'fffe},  // and late from before it
           Row{0x2'7fff, 0xffff, 0x2'ffff},  // as far ahead as may be
           Row{0x2'7ffe, 0xffff, 0x1'ffff},  // farther is behind
           Row{0x2'8000, 0x0000, 0x2'0000},  // as far behind as may be
           Row{0x2'8001, 0x0000, 0x3'0000},
           Row{0x0'0003, 0xfffe, 0x0'fffe},  // before the first cycle is nothing
           Row{0x0'fffe, 0x0003, 0x1'0003},
       }) {
    CAPTURE(row.newest);
    CHECK(ReplayWindow(row.newest).estimate(row.sequence) == row.index);
  }
}

}  // namespace
}  // namespace sfu::srtp
