// Whatever is parsed as RTP can be forwarded: the header written for it has the size said in advance, is read
// as RTP again, and carries the extensions that were there. Retransmissions are unwrapped to valid packets.
#include <algorithm>
#include <memory>

#include "core/base/check.hpp"
#include "core/rtp/parse.hpp"
#include "core/rtp/rtx.hpp"

using namespace sfu;
using namespace sfu::rtp;

namespace {

// Ids 1 to 11 in the order of the enum; the sender's differ in size, so that both forms are written.
std::array<NegotiatedExtension, kExtensionCount> negotiated(uint8_t first_id) {
  std::array<NegotiatedExtension, kExtensionCount> all;
  for (size_t i = 0; i < kExtensionCount; ++i)
    all[i] = {static_cast<Extension>(i), static_cast<uint8_t>(first_id + i)};
  return all;
}

bool is_copied(size_t kind) { return static_cast<Extension>(kind) > Extension::kTransportCc; }

void read_values(const Packet& packet) {
  CHECK(mid(packet).size() <= kMaxIdentifier);
  rid(packet);
  repaired_rid(packet);
  abs_send_time(packet);
  transport_sequence(packet);
  audio_level(packet);
  video_orientation(packet);
  playout_delay(packet);
  abs_capture_time(packet);
}

void write_and_read_again(const Packet& source, uint8_t first_id, const OwnExtensions& own) {
  const auto sent = negotiated(first_id);
  const ExtensionIds ids(sent);
  auto again = std::make_unique<Packet>();
  const OutgoingHeader header{.payload_type = 96, .marker = true, .sequence = 7, .timestamp = 8, .ssrc = 9};
  const size_t size = header_size(source, ids, own);
  if (size > Packet::kCapacity) return;
  again->size = static_cast<uint16_t>(write_header(again->bytes, header, source, ids, own));
  CHECK(again->size == size);
  CHECK(parse(*again, ExtensionTable(sent)));
  CHECK(again->payload.at == size && again->payload.size == 0);
  CHECK(mid(*again) == own.mid);
  for (size_t kind = 0; kind < kExtensionCount; ++kind) {
    const auto extension = static_cast<Extension>(kind);
    if (is_copied(kind)) CHECK(std::ranges::equal(again->extension(extension), source.extension(extension)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > Packet::kCapacity) return 0;
  const ExtensionTable table(negotiated(1));
  auto packet = std::make_unique<Packet>();
  packet->size = static_cast<uint16_t>(size);
  std::copy_n(data, size, packet->bytes.begin());
  if (!parse(*packet, table)) return 0;

  CHECK(size_t{packet->payload.at} + packet->payload.size + packet->padding == size);
  read_values(*packet);
  write_and_read_again(*packet, 1, {.mid = "0"});
  write_and_read_again(*packet, 100, {.mid = "a-mid-of-more-than-16", .rid = "h", .repaired_rid = "l"});
  if (unwrap_rtx(*packet, 97, 1) == Rtx::kOriginal) CHECK(parse(*packet, table));
  return 0;
}
