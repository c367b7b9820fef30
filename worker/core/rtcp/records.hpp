// A sequence of equal records in a message: those of a received datagram, decoded as they are read, or the
// caller's own, to be written. It owns neither: it lasts as long as what it was made of.
#pragma once

#include <concepts>

#include "core/base/bytes.hpp"

namespace sfu::rtcp {

// T is uint32_t, or has kSize, parse(Fixed<kSize>) and write(ByteWriter&).
template <class T>
class Records {
 public:
  static constexpr size_t record_size() {
    if constexpr (std::same_as<T, uint32_t>)
      return 4;
    else
      return T::kSize;
  }

  Records() = default;
  template <class Range>
  requires std::convertible_to<const Range&, std::span<const T>> Records(const Range& range) {
    const std::span<const T> values = range;
    values_ = values.data();
    size_ = values.size();
  }
  // The first `count` records of `in`, which then starts behind them; nullopt when there are fewer.
  static std::optional<Records> take(Bytes& in, size_t count) {
    const auto wire = sfu::take(in, count * record_size());
    if (!wire) return std::nullopt;
    Records records;
    records.wire_ = wire->data();
    records.size_ = count;
    return records;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T operator[](size_t at) const {
    if (values_) return values_[at];
    if constexpr (std::same_as<T, uint32_t>)
      return load32(wire_ + at * 4);
    else
      return T::parse(Fixed<T::kSize>(wire_ + at * T::kSize));
  }

  struct Iterator {
    const Records* records;
    size_t at;
    T operator*() const { return (*records)[at]; }
    Iterator& operator++() {
      ++at;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

  void write(ByteWriter& out) const {
    for (const T& record : *this) {
      if constexpr (std::same_as<T, uint32_t>)
        out.u32(record);
      else
        record.write(out);
    }
  }

 private:
  const T* values_ = nullptr;
  const uint8_t* wire_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sfu::rtcp
