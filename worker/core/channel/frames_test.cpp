#include "core/channel/frames.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/base/random.hpp"
#include "core/channel/messages.gen.hpp"

namespace sfu::channel {

namespace {

using Message = std::vector<uint8_t>;

std::vector<uint8_t> framed(const std::vector<Message>& messages) {
  std::vector<uint8_t> stream;
  for (const Message& message : messages) REQUIRE(append_frame(Bytes(message), stream));
  return stream;
}

void drain(FrameReader& reader, std::vector<Message>& found) {
  while (const auto message = reader.next()) found.emplace_back(message->begin(), message->end());
}

}  // namespace

TEST_CASE("the same frames are found however the stream is cut") {
  Random random(1);
  const std::vector<Message> messages{{}, {1}, Message(300, 2), {}, {3, 4}, Message(70'000, 5)};
  const std::vector<uint8_t> stream = framed(messages);
  for (const uint32_t largest : {1u, 2u, 5u, 64u, 1000u, 100'000u}) {
    FrameReader reader;
    std::vector<Message> found;
    for (Bytes rest = stream; !rest.empty();) {
      const size_t size = std::min<size_t>(rest.size(), 1 + random.below(largest));
      reader.push(rest.first(size));
      rest = rest.subspan(size);
      drain(reader, found);
    }
    CHECK(found == messages);
    CHECK_FALSE(reader.broken());
  }
}

TEST_CASE("a cut frame is never given out") {
  const std::vector<uint8_t> stream = framed({{1, 2, 3, 4, 5}});
  for (size_t size = 0; size < stream.size(); ++size) {
    FrameReader reader;
    reader.push(Bytes(stream).first(size));
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("the length is written lowest byte first") {
  const std::vector<uint8_t> stream = framed({Message(0x0102)});
  CHECK(std::ranges::equal(Bytes(stream).first(4), std::array<uint8_t, 4>{2, 1, 0, 0}));
}

TEST_CASE("the longest frame passes, and a longer one breaks the stream") {
  FrameReader reader;
  reader.push(framed({Message(kMaxFrame)}));
  REQUIRE(reader.next());
  CHECK_FALSE(reader.broken());

  reader.push(std::array<uint8_t, 4>{1, 0, 64, 0});
  CHECK_FALSE(reader.next());
  CHECK(reader.broken());
  reader.push(framed({{1}}));
  CHECK_FALSE(reader.next());
}

TEST_CASE("a message that does not fit a frame is not written") {
  std::vector<uint8_t> stream{9};
  CHECK_FALSE(append_frame(Bytes(Message(kMaxFrame + 1)), stream));
  CHECK_EQ(stream, std::vector<uint8_t>{9});
}

TEST_CASE("a typed message becomes a frame") {
  std::vector<uint8_t> stream;
  REQUIRE(append_frame(Frame{.kind = Reply{.id = 5}}, stream));
  FrameReader reader;
  reader.push(stream);
  CHECK(decode<Frame>(*reader.next()) == Frame{.kind = Reply{.id = 5}});
}

}  // namespace sfu::channel
