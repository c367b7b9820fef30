#include "core/router/demux.hpp"

#include <algorithm>

namespace sfu {
namespace {

using rtp::Extension;

bool contains(const std::vector<uint8_t>& list, uint8_t value) {
  return std::ranges::find(list, value) != list.end();
}

bool same_route(const Demux::Route& a, const Demux::Route& b) {
  return a.producer == b.producer && a.stream == b.stream && a.rtx == b.rtx;
}

}  // namespace

std::optional<std::string_view> Demux::add(Section section) {
  for (const Section& other : sections_)
    if (!section.mid.empty() && other.mid == section.mid) return "mid";
  for (const Encoding& encoding : section.encodings) {
    if (encoding.ssrc && ssrcs_.contains(*encoding.ssrc)) return "ssrc";
    if (encoding.rtx_ssrc && ssrcs_.contains(*encoding.rtx_ssrc)) return "rtx.ssrc";
  }
  for (size_t i = 0; i < section.encodings.size(); ++i) {
    const Encoding& encoding = section.encodings[i];
    const auto stream = static_cast<uint8_t>(i);
    if (encoding.ssrc) ssrcs_[*encoding.ssrc] = {section.producer, stream, false};
    if (encoding.rtx_ssrc) ssrcs_[*encoding.rtx_ssrc] = {section.producer, stream, true};
  }
  sections_.push_back(std::move(section));
  return std::nullopt;
}

void Demux::remove(const Producer* producer) {
  ssrcs_.erase_if([&](uint32_t, const Route& route) { return route.producer == producer; });
  std::erase_if(sections_, [&](const Section& section) { return section.producer == producer; });
}

const Demux::Route* Demux::find(const rtp::Packet& packet) {
  if (const Route* known = ssrcs_.find(packet.ssrc)) return known;
  const std::optional<Route> route = match(packet);
  return route ? learn(packet.ssrc, *route) : nullptr;
}

std::optional<Demux::Route> Demux::match(const rtp::Packet& packet) const {
  const std::string_view mid = as_text(packet.extension(Extension::kMid));
  for (const Section& section : sections_) {
    if (!mid.empty() && section.mid != mid) continue;
    if (const auto route = match_in(section, packet)) return route;
  }
  return std::nullopt;
}

std::optional<Demux::Route> Demux::match_in(const Section& section, const rtp::Packet& packet) {
  const std::string_view rid = as_text(packet.extension(Extension::kRid));
  const std::string_view repaired = as_text(packet.extension(Extension::kRepairedRid));
  for (size_t i = 0; i < section.encodings.size(); ++i) {
    const std::string& own = section.encodings[i].rid;
    if (own.empty()) continue;
    if (own == repaired) return Route{section.producer, static_cast<uint8_t>(i), true};
    if (own == rid) {
      const bool rtx = contains(section.rtx_payload_types, packet.payload_type);
      return Route{section.producer, static_cast<uint8_t>(i), rtx};
    }
  }
  // One encoding, known neither by RID nor by SSRC: its media section and payload type are enough.
  const bool has_mid = !packet.extension(Extension::kMid).empty();
  if (!has_mid || section.encodings.size() != 1 || !section.encodings[0].rid.empty()) return std::nullopt;
  if (contains(section.media_payload_types, packet.payload_type)) return Route{section.producer, 0, false};
  if (contains(section.rtx_payload_types, packet.payload_type)) return Route{section.producer, 0, true};
  return std::nullopt;
}

// The newest SSRC of an encoding replaces the one learnt before it, as after a sender's restart.
const Demux::Route* Demux::learn(uint32_t ssrc, const Route& route) {
  std::optional<uint32_t> old;
  ssrcs_.each([&](uint32_t known, const Route& other) {
    if (same_route(other, route)) old = known;
  });
  if (old) ssrcs_.erase(*old);
  if (ssrcs_.size() >= kMaxSsrcs) return nullptr;
  Route& place = ssrcs_[ssrc];
  place = route;
  return &place;
}

}  // namespace sfu
