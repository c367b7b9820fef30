#include "core/rtp/header.hpp"

#include <algorithm>
#include <bit>

namespace sfu::rtp {

namespace {

constexpr size_t kFixedSize = 12;
constexpr uint32_t kOneByteProfile = 0xbede0000;
constexpr uint32_t kTwoByteProfile = 0x10000000;

constexpr uint32_t bit(Extension kind) { return 1u << static_cast<uint32_t>(kind); }
constexpr uint32_t kOwn = bit(Extension::kMid) | bit(Extension::kRid) | bit(Extension::kRepairedRid) |
                          bit(Extension::kAbsSendTime) | bit(Extension::kTransportCc);

// A dependency descriptor whose frame number, in its second and third byte, is another.
class Renumbered {
 public:
  Renumbered(Bytes descriptor, uint16_t offset) : size_(std::min(descriptor.size(), copy_.size())) {
    std::memcpy(copy_.data(), descriptor.data(), size_);
    if (size_ >= 3) store16(copy_.data() + 1, static_cast<uint16_t>(load16(copy_.data() + 1) + offset));
  }
  Bytes bytes() const { return Bytes(copy_).first(size_); }

 private:
  std::array<uint8_t, 255> copy_;  // no extension is longer (RFC 8285, 4.3)
  size_t size_;
};

// Visits each extension that goes out: its id and value.
template <class Visit>
void each_outgoing(const Packet& source, const ExtensionIds& ids, const OwnExtensions& own, Visit visit) {
  const auto text = [&](Extension kind, std::string_view value) {
    if (ids[kind] != 0 && !value.empty()) visit(ids[kind], as_bytes(value));
  };
  text(Extension::kMid, own.mid);
  text(Extension::kRid, own.rid);
  text(Extension::kRepairedRid, own.repaired_rid);
  if (const uint8_t id = ids[Extension::kAbsSendTime]) {
    std::array<uint8_t, 3> value;
    store24(value.data(), own.abs_send_time);
    visit(id, Bytes(value));
  }
  if (const uint8_t id = ids[Extension::kTransportCc]) {
    std::array<uint8_t, 2> value;
    store16(value.data(), own.transport_sequence);
    visit(id, Bytes(value));
  }
  for (uint32_t left = ids.negotiated() & ~kOwn; left != 0; left &= left - 1) {
    const auto kind = static_cast<Extension>(std::countr_zero(left));
    const Packet::Part part = source.extensions[static_cast<size_t>(kind)];
    const Bytes value(source.bytes.data() + part.at, part.size);
    if (part.at == 0) continue;
    if (kind == Extension::kDependencyDescriptor && own.frame_offset != 0)
      visit(ids[kind], Renumbered(value, own.frame_offset).bytes());
    else
      visit(ids[kind], value);
  }
}

bool fits_one_byte(uint8_t id, Bytes value) { return id <= 14 && value.size() - 1 < 16; }

size_t padded(size_t size) { return (size + 3) & ~size_t{3}; }

size_t csrc_size(const Packet& source) { return (source.bytes[0] & 0x0fu) * 4; }

// The elements of an extension block, in one form. Stops being ok() where a value does not fit the form or
// the room.
class ElementWriter {
 public:
  ElementWriter(MutableBytes out, bool two_byte)
      : begin_(out.data()), at_(begin_), end_(begin_ + out.size()), two_byte_(two_byte) {}

  void write(uint8_t id, Bytes value) {
    const size_t size = value.size() + (two_byte_ ? 2 : 1);
    ok_ = ok_ && (two_byte_ || fits_one_byte(id, value)) && size <= static_cast<size_t>(end_ - at_);
    if (!ok_) return;
    if (two_byte_) {
      at_[0] = id;
      at_[1] = static_cast<uint8_t>(value.size());
    } else {
      at_[0] = static_cast<uint8_t>(size_t{id} << 4 | (value.size() - 1));
    }
    at_ += size;
    if (!value.empty()) std::memcpy(at_ - value.size(), value.data(), value.size());
  }
  // Zeros up to a whole word (RFC 8285, 4.1.2).
  void pad() {
    const size_t count = padded(size()) - size();
    ok_ = ok_ && count <= static_cast<size_t>(end_ - at_);
    for (size_t i = 0; ok_ && i < count; ++i) *at_++ = 0;
  }
  bool ok() const { return ok_; }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }

 private:
  uint8_t* begin_;
  uint8_t* at_;
  uint8_t* end_;
  bool two_byte_;
  bool ok_ = true;
};

void write_fixed(uint8_t* p, const OutgoingHeader& header, uint8_t csrc_count, bool extended) {
  p[0] = static_cast<uint8_t>(0x80 | (header.padded ? 0x20 : 0) | (extended ? 0x10 : 0) | csrc_count);
  p[1] = static_cast<uint8_t>((header.marker ? 0x80 : 0) | header.payload_type);
  store16(p + 2, header.sequence);
  store32(p + 4, header.timestamp);
  store32(p + 8, header.ssrc);
}

// Its size, 0 if there is nothing to write; nullopt: not in this form, or no room.
std::optional<size_t> write_block(MutableBytes out, bool two_byte, const Packet& source,
                                  const ExtensionIds& ids, const OwnExtensions& own) {
  const size_t head = std::min<size_t>(out.size(), 4);
  ElementWriter elements(out.subspan(head), two_byte);
  each_outgoing(source, ids, own, [&](uint8_t id, Bytes value) { elements.write(id, value); });
  elements.pad();
  if (!elements.ok()) return std::nullopt;
  if (elements.size() == 0) return 0;
  const auto words = static_cast<uint32_t>(elements.size() / 4);
  store32(out.data(), (two_byte ? kTwoByteProfile : kOneByteProfile) | words);
  return head + elements.size();
}

}  // namespace

size_t header_size(const Packet& source, const ExtensionIds& ids, const OwnExtensions& own) {
  size_t count = 0, values = 0;
  bool one_byte = true;
  each_outgoing(source, ids, own, [&](uint8_t id, Bytes value) {
    ++count;
    values += value.size();
    one_byte = one_byte && fits_one_byte(id, value);
  });
  const size_t block = count == 0 ? 0 : 4 + padded(values + count * (one_byte ? 1 : 2));
  return kFixedSize + csrc_size(source) + block;
}

size_t write_header(MutableBytes out, const OutgoingHeader& header, const Packet& source,
                    const ExtensionIds& ids, const OwnExtensions& own) {
  const size_t csrcs = csrc_size(source);
  const size_t before = kFixedSize + csrcs;
  if (out.size() < before) return 0;
  if (csrcs > 0) std::memcpy(out.data() + kFixedSize, source.bytes.data() + kFixedSize, csrcs);
  auto block = write_block(out.subspan(before), false, source, ids, own);
  if (!block) block = write_block(out.subspan(before), true, source, ids, own);
  if (!block) return 0;
  write_fixed(out.data(), header, static_cast<uint8_t>(csrcs / 4), *block > 0);
  return before + *block;
}

void write_padding(MutableBytes out) {
  std::memset(out.data(), 0, out.size());
  out.back() = static_cast<uint8_t>(out.size());
}

}  // namespace sfu::rtp
