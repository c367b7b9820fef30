#include "core/router/data_message.hpp"

#include <doctest/doctest.h>

namespace sfu {
namespace {

const std::vector<uint8_t> kHello = {'h', 'i'};

DataMessage full() {
  return {.ppid = 51,
          .bytes = kHello,
          .subchannels = {1, 65535, 7},
          .required_subchannel = 9,
          .ignored_subchannel = 0};
}

TEST_CASE("a message comes out of a pipe as it went in") {
  for (const bool bare : {false, true}) {
    const DataMessage in = bare ? DataMessage{.ppid = 53, .bytes = kHello} : full();
    const std::vector<uint8_t> piped = to_pipe(in);
    const auto out = from_pipe(in.ppid, piped);
    REQUIRE(out);
    CHECK(out->ppid == in.ppid);
    CHECK(std::vector(out->bytes.begin(), out->bytes.end()) == kHello);
    CHECK(out->subchannels == in.subchannels);
    CHECK(out->required_subchannel == in.required_subchannel);
    CHECK(out->ignored_subchannel == in.ignored_subchannel);
  }
}

TEST_CASE("a header that is cut short is no message, wherever it is cut") {
  const std::vector<uint8_t> piped = to_pipe(full());
  for (size_t size = 0; size + kHello.size() <= piped.size(); ++size)
    CHECK_FALSE(from_pipe(51, Bytes(piped).first(size)));
}

TEST_CASE("unknown flags and counts that lie are refused") {
  std::vector<uint8_t> piped = to_pipe(full());
  piped[1] = 4;
  CHECK_FALSE(from_pipe(51, piped));
  piped = to_pipe(full());
  piped[2] = 0xff;
  CHECK_FALSE(from_pipe(51, piped));
  piped = to_pipe(full());
  piped[3] = 100;
  CHECK_FALSE(from_pipe(51, piped));
}

TEST_CASE("no pipe header is longer than it may be") {
  DataMessage message = full();
  message.subchannels.assign(5000, 3);
  CHECK(to_pipe(message).size() == DataMessage::kMaxPipeHeader + kHello.size());
}

}  // namespace
}  // namespace sfu
