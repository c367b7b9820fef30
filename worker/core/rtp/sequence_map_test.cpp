#include "core/rtp/sequence_map.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "core/base/random.hpp"

namespace sfu::rtp {
namespace {

constexpr int64_t kStarts[] = {-70000, -1, 0, 1, 127, 128, 32767, 32768, 65534, 65535, 65536, 1LL << 40};

TEST_CASE("what is forwarded in order is numbered in order, and a loss stays a gap") {
  for (int64_t first : kStarts) {
    for (int64_t source : kStarts) {
      SequenceMap map(first);
      map.start(1, source, 0);
      CHECK(map.forward(source) == first);
      CHECK(map.forward(source + 1) == first + 1);
      CHECK(map.forward(source + 5) == first + 5);
      CHECK(map.forward(source + 3) == first + 3);
      CHECK(map.newest() == first + 5);
    }
  }
}

TEST_CASE("a skipped number leaves no gap and is not mapped") {
  for (int64_t source : kStarts) {
    SequenceMap map(100);
    map.start(1, source, 0);
    map.forward(source);
    map.skip(source + 1);
    map.skip(source + 2);
    CHECK(map.forward(source + 3) == 101);
    CHECK_FALSE(map.forward(source + 1));
    CHECK_FALSE(map.forward(source + 2));
    CHECK(map.forward(source) == 100);
  }
}

TEST_CASE("a number skipped before those in front of it arrived keeps their places") {
  SequenceMap map(0);
  map.start(1, 10, 0);
  map.forward(10);
  map.skip(13);
  CHECK(map.forward(14) == 3);
  CHECK(map.forward(12) == 2);
  CHECK(map.forward(11) == 1);
}

TEST_CASE("a late skip closes its gap as long as nothing behind it was forwarded") {
  SequenceMap map(0);
  map.start(1, 10, 0);
  map.forward(10);
  map.skip(13);
  map.skip(11);
  CHECK(map.forward(12) == 1);
  CHECK(map.forward(14) == 2);
  CHECK_FALSE(map.forward(11));
  CHECK_FALSE(map.forward(13));
}

TEST_CASE("a skip behind what was forwarded leaves a gap") {
  SequenceMap map(0);
  map.start(1, 10, 0);
  map.forward(10);
  map.forward(12);
  map.skip(11);
  CHECK(map.forward(13) == 3);
}

TEST_CASE("another stream continues without a gap, and the one left is not mapped any more") {
  SequenceMap map(65534);
  map.start(1, 10, 0);
  map.forward(10);
  map.start(2, 500, 0);
  CHECK(map.forward(500) == 65535);
  CHECK(map.forward(501) == 65536);
  CHECK_FALSE(map.forward(499));
}

TEST_CASE("numbers skipped at the end of a stream leave no gap at the next") {
  SequenceMap map(0);
  map.start(1, 10, 0);
  map.forward(10);
  map.skip(11);
  map.skip(13);
  map.start(2, 500, 0);
  CHECK(map.forward(500) == 1);
  CHECK(map.source_of(1)->sequence == 500);
  CHECK(map.source_of(0)->sequence == 10);
}

TEST_CASE("the way back says stream, number and offset") {
  SequenceMap map(0);
  map.start(7, 10, 1234);
  map.forward(10);
  map.skip(11);
  map.forward(12);
  map.start(8, 500, 99);
  map.forward(500);
  CHECK(map.source_of(1)->stream == 7);
  CHECK(map.source_of(1)->sequence == 12);
  CHECK(map.source_of(1)->offset == 1234);
  CHECK(map.source_of(2)->stream == 8);
  CHECK(map.source_of(2)->offset == 99);
  CHECK_FALSE(map.source_of(3));
  CHECK_FALSE(map.source_of(-1));
  CHECK(map.find(7, 12) == 1);
  CHECK_FALSE(map.find(7, 11));
  CHECK_FALSE(map.find(8, 12));
}

TEST_CASE("before the first start nothing is mapped") {
  SequenceMap map(0);
  CHECK_FALSE(map.started());
  CHECK_FALSE(map.forward(1));
  CHECK_FALSE(map.source_of(0));
  map.skip(1);
}

TEST_CASE("a run of millions stays exact at its end") {
  SequenceMap map(65535);
  map.start(1, 0, 0);
  for (int64_t i = 0; i < 3'000'000; ++i) map.forward(i);
  CHECK(map.forward(3'000'000) == 3'065'535);
  CHECK(map.forward(2'999'000) == 3'064'535);
  CHECK(map.source_of(3'064'535)->sequence == 2'999'000);
  CHECK_FALSE(map.source_of(65535));
}

TEST_CASE("starting again and again without forwarding costs nothing") {
  SequenceMap map(5);
  map.start(1, 10, 0);
  map.forward(10);
  for (int i = 0; i < 100'000; ++i) map.start(2, i, 0);
  CHECK(map.forward(99'999) == 6);
  CHECK(map.source_of(5)->sequence == 10);
}

// The same by the book: a set of skipped numbers for each start.
class Reference {
 public:
  explicit Reference(int64_t first) : newest_(first - 1) {}

  void start(uint32_t stream, int64_t first) {
    stream_ = stream;
    first_ = first;
    base_ = newest_ + 1;
    skipped_.clear();
    newest_source_.reset();
    ++events_;
  }
  std::optional<int64_t> forward(int64_t s) {
    if (s < first_ || skipped_.contains(s)) return std::nullopt;
    const int64_t out = base_ + s - first_ - std::distance(skipped_.begin(), skipped_.lower_bound(s));
    newest_ = std::max(newest_, out);
    newest_source_ = std::max(newest_source_.value_or(s), s);
    given_[out] = {stream_, s, events_};
    return out;
  }
  void skip(int64_t s) {
    if (s < first_ || (newest_source_ && s <= *newest_source_)) return;
    if (skipped_.insert(s).second) ++events_;
  }

  struct Given {
    uint32_t stream;
    int64_t source;
    int events;
  };
  const std::map<int64_t, Given>& given() const { return given_; }
  // Starts and skips so far: what a map may remember fewer of.
  int events() const { return events_; }
  int64_t skips_behind(int64_t s) const { return std::distance(skipped_.upper_bound(s), skipped_.end()); }

 private:
  int64_t newest_;
  uint32_t stream_ = 0;
  int64_t first_ = 0, base_ = 0;
  std::set<int64_t> skipped_;
  std::optional<int64_t> newest_source_;
  std::map<int64_t, Given> given_;
  int events_ = 0;
};

// A source's packets: lost, reordered by up to eight places, and sometimes twice.
class Arrivals {
 public:
  Arrivals(Random& random, int64_t first) : random_(random), next_(first) {}

  int64_t next() {
    while (window_.size() < 8) {
      if (random_.below(20) != 0) window_.push_back(next_);
      ++next_;
    }
    const uint32_t pick = random_.below(3) ? 0 : random_.below(8);
    const int64_t sequence = window_[pick];
    if (random_.below(50) != 0) window_.erase(window_.begin() + pick);
    return sequence;
  }
  void jump(int64_t by) {
    window_.clear();
    next_ += by;
  }

 private:
  Random& random_;
  int64_t next_;
  std::deque<int64_t> window_;
};

struct Walk {
  Random& random;
  SequenceMap map;
  Reference reference;
  std::vector<Arrivals> streams;

  void check_forward(int64_t sequence) {
    const bool may_be_forgotten =
        reference.skips_behind(sequence) > static_cast<int64_t>(SequenceMap::kMaxRuns) - 2;
    const auto expected = reference.forward(sequence);
    const auto actual = map.forward(sequence);
    if (actual || !may_be_forgotten) REQUIRE(actual == expected);
  }
  void check_way_back() {
    int left = 200;
    for (auto it = reference.given().rbegin(); it != reference.given().rend() && left > 0; ++it, --left) {
      const auto& [out, given] = *it;
      const auto source = map.source_of(out);
      if (!source) {
        REQUIRE(reference.events() - given.events >= static_cast<int>(SequenceMap::kMaxRuns) - 1);
        continue;
      }
      REQUIRE(source->sequence == given.source);
      REQUIRE(source->stream == given.stream);
      REQUIRE(map.find(given.stream, given.source) == out);
    }
  }
  void stretch(uint32_t stream, uint32_t skipped_of_ten) {
    streams[stream].jump(random.below(300));
    int64_t sequence = streams[stream].next();
    map.start(stream, sequence, stream);
    reference.start(stream, sequence);
    for (uint32_t i = random.below(200); i > 0; --i, sequence = streams[stream].next()) {
      // Which packets are skipped is fixed by their number, as a layer is.
      const bool skipped = static_cast<uint64_t>(sequence) * 2654435761u % 10 < skipped_of_ten;
      if (skipped) {
        map.skip(sequence);
        reference.skip(sequence);
      } else {
        check_forward(sequence);
      }
    }
  }
};

TEST_CASE("a random walk agrees with counting by the book") {
  for (int64_t first : kStarts) {
    Random random(static_cast<uint64_t>(first) + 99);
    Walk walk{random, SequenceMap(first), Reference(first), {}};
    for (int i = 0; i < 3; ++i) walk.streams.emplace_back(random, kStarts[random.below(12)]);
    for (int i = 0; i < 120; ++i) {
      walk.stretch(random.below(3), random.below(4) * 3);
      walk.check_way_back();
    }
  }
}

TEST_CASE("a number is taken back as long as no later one went out") {
  SequenceMap map(0);
  map.start(1, 100, 0);
  map.forward(100);
  CHECK(map.skip(102));
  map.forward(103);
  CHECK_FALSE(map.skip(101));
  CHECK_FALSE(map.skip(103));
  CHECK(map.skip(102));  // it has none
  CHECK(map.skip(99));
  CHECK(map.forward(101) == 1);
  CHECK(map.forward(103) == 2);
}

}  // namespace
}  // namespace sfu::rtp
