#include "net/framing.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace sfu::net {
namespace {

std::string framed(const std::string& text) {
  const auto size = static_cast<uint16_t>(text.size());
  return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)} + text;
}

// The frames of a stream that comes in pieces of `piece` bytes, each piece in memory of its own.
std::vector<std::string> cut(Deframer& deframer, const std::string& stream, size_t piece) {
  std::vector<std::string> out;
  for (size_t at = 0; at < stream.size(); at += piece) {
    const std::string part = stream.substr(at, piece);
    const std::vector<uint8_t> chunk(part.begin(), part.end());
    Bytes in = chunk;
    while (const auto frame = deframer.next(in)) out.emplace_back(as_text(*frame));
    CHECK(in.empty());
  }
  return out;
}

}  // namespace

TEST_CASE("frames come out whole, in whatever pieces they came in") {
  const std::string largest(kMaxFrame, 'x');
  const std::vector<std::string> frames = {"a", "hello", largest, std::string(300, 'y'), "z"};
  std::string stream;
  for (const std::string& frame : frames) stream += framed(frame);
  for (const size_t piece : std::array<size_t, 7>{1, 2, 3, 7, 301, 1880, 100'000}) {
    Deframer deframer;
    CHECK(cut(deframer, stream, piece) == frames);
    CHECK(!deframer.broken());
  }
}

TEST_CASE("empty frames are passed over") {
  const std::string stream = framed("") + framed("a") + framed("") + framed("") + framed("b") + framed("");
  for (const size_t piece : std::array<size_t, 4>{1, 2, 3, 100}) {
    Deframer deframer;
    CHECK(cut(deframer, stream, piece) == std::vector<std::string>{"a", "b"});
    CHECK(!deframer.broken());
  }
}

TEST_CASE("a frame that never ends is not given") {
  Deframer deframer;
  CHECK(cut(deframer, framed("a") + framed("hello").substr(0, 6), 100) == std::vector<std::string>{"a"});
  CHECK(cut(deframer, "o", 1) == std::vector<std::string>{"hello"});
}

TEST_CASE("a frame longer than a packet slot breaks the stream, and nothing after it is believed") {
  for (const size_t piece : std::array<size_t, 3>{1, 2, 1000}) {
    Deframer deframer;
    const std::string stream = framed("a") + framed(std::string(kMaxFrame + 1, 'x')) + framed("b");
    CHECK(cut(deframer, stream, piece) == std::vector<std::string>{"a"});
    CHECK(deframer.broken());
    CHECK(cut(deframer, framed("c"), piece).empty());
  }
}

TEST_CASE("what other protocols begin with breaks the stream at once") {
  for (const char* other : {"GET / HTTP/1.1\r\n", "\x16\x03\x01\x02", "SSH-2.0-x"}) {
    Deframer deframer;
    CHECK(cut(deframer, other, 100).empty());
    CHECK(deframer.broken());
  }
}

}  // namespace sfu::net
