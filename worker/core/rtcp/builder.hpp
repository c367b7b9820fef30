// Puts messages one behind the other into a datagram of at most kMaxSize bytes. A message that does not fit
// leaves no trace.
#pragma once

#include <algorithm>

#include "core/base/bytes.hpp"

namespace sfu::rtcp {

class Builder {
 public:
  static constexpr size_t kMaxSize = 1200;

  explicit Builder(MutableBytes out) : out_(out.first(std::min(out.size(), kMaxSize))) {}

  // False when the message does not fit: send what is written and start anew.
  template <class Message>
  bool add(const Message& message) {
    ByteWriter writer(out_.subspan(size_));
    message.write(writer);
    if (writer.ok()) size_ += writer.size();
    return writer.ok();
  }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t room() const { return out_.size() - size_; }
  MutableBytes written() const { return out_.first(size_); }

 private:
  MutableBytes out_;
  size_t size_ = 0;
};

}  // namespace sfu::rtcp
