#include "core/sctp/admission.hpp"

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
  Admission admission;
  for (uint32_t number = 0xffffff00; number != 0x1000; ++number) {
    CHECK(admission.admit(request(number)));
    CHECK(admission.admit(request(number)));      // sent again
    CHECK(admission.admit(request(number - 1)));  // overtaken
    admission.reset_done();
  }
}

TEST_CASE("requests that are never done end being admitted, other packets do not") {
  Admission admission;
  for (uint32_t number = 0; number < Admission::kMostResets; ++number)
    CHECK(admission.admit(request(number)));
  CHECK_FALSE(admission.admit(request(1000)));
  std::vector<uint8_t> other(100);
  other[12] = 3;
  other[15] = 88;
  CHECK(admission.admit(other));
  admission.reset_done();
  CHECK(admission.admit(request(1000)));
}

TEST_CASE("broken packets are walked safely") {
  Admission admission;
  const std::vector<uint8_t> whole = request(1);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    CHECK(admission.admit(cut) == (size >= 12));
  }
  std::vector<uint8_t> endless = whole;
  endless[15] = 0;  // a chunk of no length
  CHECK(admission.admit(endless));
}

TEST_CASE("one FORWARD-TSN a packet is enough") {
  Admission admission;
  std::vector<uint8_t> packet(12 + 16);
  packet[12] = packet[20] = 192;
  packet[15] = packet[23] = 8;
  CHECK_FALSE(admission.admit(packet));
  packet[20] = 0;
  CHECK(admission.admit(packet));
}
