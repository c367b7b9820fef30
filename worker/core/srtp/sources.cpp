#include "core/srtp/sources.hpp"

namespace sfu::srtp {

const ReplayWindow* Sources::find(uint32_t ssrc) const {
  const Source* source = sources_.find(ssrc);
  return source ? &source->window : nullptr;
}

std::optional<uint32_t> Sources::add(uint32_t ssrc, uint64_t index) {
  ++packets_;
  if (Source* source = sources_.find(ssrc)) {
    source->window.add(index);
    source->heard = packets_;
    return std::nullopt;
  }
  const std::optional<uint32_t> forgotten = make_room();
  sources_[ssrc] = {ReplayWindow(index), packets_};
  return forgotten;
}

std::optional<uint32_t> Sources::make_room() {
  if (sources_.size() < kMax) return std::nullopt;
  uint32_t quietest = 0;
  uint64_t heard = packets_;
  sources_.each([&](uint32_t ssrc, const Source& source) {
    if (source.heard >= heard) return;
    quietest = ssrc;
    heard = source.heard;
  });
  sources_.erase(quietest);
  return quietest;
}

}  // namespace sfu::srtp
