#include "core/rtcp/nack.hpp"

#include "core/base/sequence.hpp"

namespace sfu::rtcp {
namespace {

class ItemWriter {
 public:
  explicit ItemWriter(ByteWriter& out) : out_(out) {}

  void add(uint16_t sequence) {
    const auto distance = static_cast<uint16_t>(sequence - first_);
    if (open_ && is_newer(sequence, last_) && distance <= 16) {
      following_ = static_cast<uint16_t>(following_ | 1u << (distance - 1));
    } else {
      finish();
      open_ = true;
      first_ = sequence;
      following_ = 0;
    }
    last_ = sequence;
  }
  void finish() {
    if (!open_) return;
    out_.u16(first_);
    out_.u16(following_);
  }

 private:
  ByteWriter& out_;
  bool open_ = false;
  uint16_t first_ = 0;
  uint16_t last_ = 0;
  uint16_t following_ = 0;
};

}  // namespace

LostPackets LostPackets::on_wire(Bytes items) {
  LostPackets lost;
  lost.wire_ = items;
  return lost;
}

void LostPackets::write(ByteWriter& out) const {
  ItemWriter items(out);
  each([&](uint16_t sequence) { items.add(sequence); });
  items.finish();
}

std::optional<Nack> Nack::parse(const Packet& packet) {
  Bytes in = packet.body;
  const auto head = take<8>(in);
  if (!head || in.empty() || in.size() % 4 != 0) return std::nullopt;
  return Nack{head->u32<0>(), head->u32<4>(), LostPackets::on_wire(in)};
}

void Nack::write(ByteWriter& out) const {
  write_packet(out, kTransportFeedback, kFormat, [&] {
    out.u32(sender_ssrc);
    out.u32(media_ssrc);
    lost.write(out);
  });
}

}  // namespace sfu::rtcp
