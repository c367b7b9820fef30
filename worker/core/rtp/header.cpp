#include "core/rtp/header.hpp"

#include <bit>

namespace sfu::rtp {

namespace {

constexpr size_t kFixedSize = 12;
constexpr uint32_t kOneByteProfile = 0xbede0000;
constexpr uint32_t kTwoByteProfile = 0x10000000;

using Fresh = std::array<uint8_t, 3>;

Bytes fresh24(uint32_t value, Fresh& fresh) {
  store24(fresh.data(), value);
  return fresh;
}
Bytes fresh16(uint16_t value, Fresh& fresh) {
  store16(fresh.data(), value);
  return Bytes(fresh).first(2);
}

// Without data: the packet goes out without it. Present and empty is possible (RFC 8285, 4.3).
Bytes copied(Extension kind, const Packet& source) {
  const Packet::Part part = source.extensions[static_cast<size_t>(kind)];
  if (part.at == 0) return {};
  return {source.bytes.data() + part.at, part.size};
}

Bytes value_of(Extension kind, const Packet& source, const OwnExtensions& own, Fresh& fresh) {
  switch (kind) {
    case Extension::kMid:
      return own.mid.empty() ? Bytes{} : as_bytes(own.mid);
    case Extension::kRid:
      return own.rid.empty() ? Bytes{} : as_bytes(own.rid);
    case Extension::kRepairedRid:
      return own.repaired_rid.empty() ? Bytes{} : as_bytes(own.repaired_rid);
    case Extension::kAbsSendTime:
      return fresh24(own.abs_send_time, fresh);
    case Extension::kTransportCc:
      return fresh16(own.transport_sequence, fresh);
    default:
      return copied(kind, source);
  }
}

// Visits each extension that goes out: its id and value.
template <class Visit>
void each_outgoing(const Packet& source, const ExtensionIds& ids, const OwnExtensions& own, Visit&& visit) {
  Fresh fresh;
  for (uint32_t left = ids.negotiated(); left != 0; left &= left - 1) {
    const auto kind = static_cast<Extension>(std::countr_zero(left));
    const Bytes value = value_of(kind, source, own, fresh);
    if (value.data()) visit(ids[kind], value);
  }
}

struct Layout {
  size_t count = 0;
  size_t values = 0;  // bytes
  bool two_byte = false;

  size_t elements() const { return values + count * (two_byte ? 2 : 1); }
  size_t padded() const { return (elements() + 3) & ~size_t{3}; }
  size_t block() const { return count == 0 ? 0 : 4 + padded(); }
};

Layout lay_out(const Packet& source, const ExtensionIds& ids, const OwnExtensions& own) {
  Layout layout;
  each_outgoing(source, ids, own, [&](uint8_t id, Bytes value) {
    ++layout.count;
    layout.values += value.size();
    layout.two_byte |= id > 14 || value.empty() || value.size() > 16;
  });
  return layout;
}

size_t csrc_size(const Packet& source) { return (source.bytes[0] & 0x0fu) * 4; }

void write_fixed(uint8_t* p, const OutgoingHeader& header, uint8_t csrc_count, bool extended) {
  p[0] = static_cast<uint8_t>(0x80 | (header.padded ? 0x20 : 0) | (extended ? 0x10 : 0) | csrc_count);
  p[1] = static_cast<uint8_t>((header.marker ? 0x80 : 0) | header.payload_type);
  store16(p + 2, header.sequence);
  store32(p + 4, header.timestamp);
  store32(p + 8, header.ssrc);
}

uint8_t* write_element(uint8_t* p, bool two_byte, uint8_t id, Bytes value) {
  if (two_byte) {
    *p++ = id;
    *p++ = static_cast<uint8_t>(value.size());
  } else {
    *p++ = static_cast<uint8_t>(size_t{id} << 4 | (value.size() - 1));
  }
  if (!value.empty()) std::memcpy(p, value.data(), value.size());
  return p + value.size();
}

}  // namespace

size_t header_size(const Packet& source, const ExtensionIds& ids, const OwnExtensions& own) {
  return kFixedSize + csrc_size(source) + lay_out(source, ids, own).block();
}

size_t write_header(MutableBytes out, const OutgoingHeader& header, const Packet& source,
                    const ExtensionIds& ids, const OwnExtensions& own) {
  const Layout layout = lay_out(source, ids, own);
  const size_t csrcs = csrc_size(source);
  const size_t size = kFixedSize + csrcs + layout.block();
  if (out.size() < size) return 0;

  uint8_t* p = out.data();
  write_fixed(p, header, static_cast<uint8_t>(csrcs / 4), layout.count > 0);
  p += kFixedSize;
  if (csrcs > 0) std::memcpy(p, source.bytes.data() + kFixedSize, csrcs);
  p += csrcs;
  if (layout.count == 0) return size;

  const uint32_t words = static_cast<uint32_t>(layout.padded() / 4);
  store32(p, (layout.two_byte ? kTwoByteProfile : kOneByteProfile) | words);
  p += 4;
  each_outgoing(source, ids, own,
                [&](uint8_t id, Bytes value) { p = write_element(p, layout.two_byte, id, value); });
  while (p < out.data() + size) *p++ = 0;
  return size;
}

void write_padding(MutableBytes out) {
  std::memset(out.data(), 0, out.size());
  out.back() = static_cast<uint8_t>(out.size());
}

}  // namespace sfu::rtp
