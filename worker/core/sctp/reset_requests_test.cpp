#include "core/sctp/reset_requests.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace sfu;
using namespace sfu::sctp;

namespace {

// A SACK, then a RE-CONFIG with a request to reset one stream (RFC 6525, 4.1) and its padding.
std::vector<uint8_t> request(uint32_t number) {
  std::vector<uint8_t> packet(12 + 16 + 24);
  ByteWriter out(packet);
  out.zeros(12);
  out.u8(3), out.u8(0), out.u16(16), out.zeros(12);
  out.u8(130), out.u8(0), out.u16(22);
  out.u16(0x0d), out.u16(18), out.u32(number), out.u32(0), out.u32(0), out.u16(7), out.u16(0);
  return packet;
}

}  // namespace

TEST_CASE("requests that are done, or repeated, do not count") {
  ResetRequests requests;
  for (uint32_t number = 0xffffff00; number != 0x1000; ++number) {
    CHECK(requests.admit(request(number)));
    CHECK(requests.admit(request(number)));      // sent again
    CHECK(requests.admit(request(number - 1)));  // overtaken
    requests.done();
  }
}

TEST_CASE("requests that are never done end being admitted, other packets do not") {
  ResetRequests requests;
  for (uint32_t number = 0; number < ResetRequests::kMost; ++number) CHECK(requests.admit(request(number)));
  CHECK_FALSE(requests.admit(request(1000)));
  std::vector<uint8_t> other(100);
  other[12] = 3;
  other[15] = 88;
  CHECK(requests.admit(other));
  requests.done();
  CHECK(requests.admit(request(1000)));
}

TEST_CASE("broken packets are walked safely") {
  ResetRequests requests;
  const std::vector<uint8_t> whole = request(1);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    CHECK(requests.admit(cut) == (size >= 12));
  }
  std::vector<uint8_t> endless = whole;
  endless[15] = 0;  // a chunk of no length
  CHECK(requests.admit(endless));
}
