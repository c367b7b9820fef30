// Datagrams waiting for the sockets. Datagrams for one path that follow each other lie contiguously and form
// a run: all of one size, only the last may be shorter, at most kMaxRun of them and kMaxRunBytes bytes, so
// that one sendmsg with UDP_SEGMENT takes the run (on loopback a run of 10 costs a third of ten sends).
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"

namespace sfu {

class Outbox {
 public:
  static constexpr size_t kMaxRun = 64;
  static constexpr size_t kMaxRunBytes = 64'000;
  // A flush of more would hold its first datagram back for longer than half a millisecond.
  static constexpr size_t kEnough = 512;
  static constexpr size_t kMaxDatagram = 2048;

  struct Run {
    Path path;
    uint32_t at = 0;       // where in the store it begins
    uint32_t size = 0;     // bytes in all
    uint16_t segment = 0;  // bytes of each datagram but the last
    uint16_t count = 0;
  };

  Outbox() { store_.resize((kEnough + 64) * kMaxDatagram); }

  // Room for one datagram of at most `size` bytes, valid until the next slot() that follows a commit().
  MutableBytes slot(size_t size) {
    if (used_ + size > store_.size()) store_.resize(store_.size() * 2 + size);
    return MutableBytes(store_).subspan(used_, size);
  }
  // The first `size` bytes of the last slot go to `path`. Up to kEnough datagrams the bytes stay where they
  // are until clear(), so that they may be filled in after the commit.
  void commit(const Path& path, size_t size);
  void send(const Path& path, Bytes datagram);

  // Full: hand it to the sockets and clear() it before adding more.
  bool full() const { return datagrams_ >= kEnough; }
  bool empty() const { return runs_.empty(); }
  size_t datagrams() const { return datagrams_; }
  const std::vector<Run>& runs() const { return runs_; }
  Bytes bytes(const Run& run) const { return Bytes(store_).subspan(run.at, run.size); }
  void clear();

 private:
  std::vector<uint8_t> store_;
  std::vector<Run> runs_;
  size_t used_ = 0;
  size_t datagrams_ = 0;
};

}  // namespace sfu
