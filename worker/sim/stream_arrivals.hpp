// A receiver's part of RFC 8888: what came of each stream, and when, told in one message a stream. The core
// only reads such messages, so that its own tests have nobody else to write them.
#pragma once

#include <map>
#include <vector>

#include "core/base/sequence.hpp"
#include "core/base/time.hpp"
#include "core/rtcp/builder.hpp"

namespace sfu::sim {

// One stream's message (RFC 8888, 3.1). Packets that did not come are kNever; all came before `at`.
struct CcfbReport {
  uint32_t sender_ssrc = 0;
  uint32_t ssrc = 0;
  uint16_t begin_sequence = 0;
  std::vector<Time> arrivals{};
  Time at{};

  void write(ByteWriter& out) const;
};

class StreamArrivals {
 public:
  static constexpr Duration kInterval = 100ms;

  void on_packet(uint32_t ssrc, uint16_t sequence, Time now);
  Time deadline() const { return deadline_; }
  // Of each stream from the oldest packet not yet reported, or reported as missing and come since, to the
  // newest.
  std::vector<CcfbReport> collect(uint32_t sender_ssrc, Time now);

 private:
  static constexpr int64_t kRemembered = 400;  // packets; as many as fit one message

  struct Stream {
    Unwrapper<uint16_t> order;
    std::map<int64_t, Time> arrived;
    int64_t owed = INT64_MAX;  // from here on
  };

  std::map<uint32_t, Stream> streams_;
  Time deadline_ = kNever;
};

}  // namespace sfu::sim
