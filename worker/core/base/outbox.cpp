#include "core/base/outbox.hpp"

namespace sfu {
namespace {

// Whether a datagram of `size` bytes may follow the run's last one.
bool extends(const Outbox::Run& run, const Path& path, size_t size) {
  const bool all_equal = run.size == uint32_t{run.segment} * run.count;
  return run.path == path && path.protocol == Protocol::kUdp && all_equal && size <= run.segment &&
         run.count < Outbox::kMaxRun && run.size + size <= Outbox::kMaxRunBytes;
}

}  // namespace

void Outbox::commit(const Path& path, size_t size) {
  ++datagrams_;
  if (!runs_.empty() && extends(runs_.back(), path, size)) {
    runs_.back().size += static_cast<uint32_t>(size);
    ++runs_.back().count;
  } else {
    runs_.push_back(
        {path, static_cast<uint32_t>(used_), static_cast<uint32_t>(size), static_cast<uint16_t>(size), 1});
  }
  used_ += size;
}

void Outbox::send(const Path& path, Bytes datagram) {
  MutableBytes room = slot(datagram.size());
  if (!datagram.empty()) std::memcpy(room.data(), datagram.data(), datagram.size());
  commit(path, datagram.size());
}

void Outbox::clear() {
  runs_.clear();
  used_ = 0;
  datagrams_ = 0;
}

}  // namespace sfu
