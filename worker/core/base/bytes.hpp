// Reading and writing big-endian bytes. Reading: check the fixed part once with take<N>(), then read its
// fields at compile-time offsets. Writing: ByteWriter never writes past its end; ok() tells whether it tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace sfu {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline uint16_t load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
inline uint32_t load24(const uint8_t* p) { return uint32_t{p[0]} << 16 | load16(p + 1); }
inline uint32_t load32(const uint8_t* p) { return uint32_t{load16(p)} << 16 | load16(p + 2); }
inline uint64_t load64(const uint8_t* p) { return uint64_t{load32(p)} << 32 | load32(p + 4); }
inline void store16(uint8_t* p, uint16_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
inline void store24(uint8_t* p, uint32_t v) {
  p[0] = static_cast<uint8_t>(v >> 16);
  store16(p + 1, static_cast<uint16_t>(v));
}
inline void store32(uint8_t* p, uint32_t v) {
  store16(p, static_cast<uint16_t>(v >> 16));
  store16(p + 2, static_cast<uint16_t>(v));
}
inline void store64(uint8_t* p, uint64_t v) {
  store32(p, static_cast<uint32_t>(v >> 32));
  store32(p + 4, static_cast<uint32_t>(v));
}

// N bytes known to be there.
template <size_t N>
class Fixed {
 public:
  explicit Fixed(const uint8_t* p) : p_(p) {}
  template <size_t At>
  uint8_t u8() const {
    static_assert(At + 1 <= N);
    return p_[At];
  }
  template <size_t At>
  uint16_t u16() const {
    static_assert(At + 2 <= N);
    return load16(p_ + At);
  }
  template <size_t At>
  uint32_t u24() const {
    static_assert(At + 3 <= N);
    return load24(p_ + At);
  }
  template <size_t At>
  uint32_t u32() const {
    static_assert(At + 4 <= N);
    return load32(p_ + At);
  }
  template <size_t At>
  uint64_t u64() const {
    static_assert(At + 8 <= N);
    return load64(p_ + At);
  }

 private:
  const uint8_t* p_;
};

// The first N bytes of `in`, which then starts behind them; nullopt (and `in` as it was) when there are
// fewer.
template <size_t N>
std::optional<Fixed<N>> take(Bytes& in) {
  if (in.size() < N) return std::nullopt;
  Fixed<N> head(in.data());
  in = in.subspan(N);
  return head;
}
inline std::optional<Bytes> take(Bytes& in, size_t size) {
  if (in.size() < size) return std::nullopt;
  Bytes head = in.first(size);
  in = in.subspan(size);
  return head;
}

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes out) : out_(out) {}

  void u8(uint8_t v) {
    if (uint8_t* p = grow(1)) *p = v;
  }
  void u16(uint16_t v) {
    if (uint8_t* p = grow(2)) store16(p, v);
  }
  void u24(uint32_t v) {
    if (uint8_t* p = grow(3)) store24(p, v);
  }
  void u32(uint32_t v) {
    if (uint8_t* p = grow(4)) store32(p, v);
  }
  void u64(uint64_t v) {
    if (uint8_t* p = grow(8)) store64(p, v);
  }
  void bytes(Bytes in) {
    uint8_t* p = grow(in.size());
    if (p && !in.empty()) std::memcpy(p, in.data(), in.size());
  }
  void zeros(size_t count) {
    uint8_t* p = grow(count);
    if (p && count > 0) std::memset(p, 0, count);
  }
  // A u16 written again later, such as a length known only at the end.
  void u16_at(size_t at, uint16_t v) {
    if (at + 2 <= size_) store16(out_.data() + at, v);
  }

  bool ok() const { return ok_; }
  size_t size() const { return size_; }
  size_t room() const { return out_.size() - size_; }
  MutableBytes written() const { return out_.first(size_); }

 private:
  uint8_t* grow(size_t count) {
    ok_ = ok_ && count <= room();
    if (!ok_) return nullptr;
    size_ += count;
    return out_.data() + size_ - count;
  }

  MutableBytes out_;
  size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace sfu
